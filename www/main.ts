import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/layout.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { catalog } from "./data/catalog.svelte";
import { traffic } from "./frame/traffic.svelte";
import { current } from "./models/current.svelte";
import { models } from "./models/models.svelte";
import { ensureLanguage } from "./shared/language";
import { network } from "./train/network/network.svelte";
import { run } from "./train/run.svelte";
import { settings } from "./train/settings/settings.svelte";

ensureLanguage();
traffic.start();
settings.start();
run.findUnfinished();
void current.start().then(() => whenIdle(startOthers));

mount(App, { target: document.body });

/** What the first prediction does not need must not delay it. */
function startOthers(): void {
  void models.start();
  void catalog.start();
  void network.start();
  workOffline();
}

/** Calls it when nothing else is to be done, soon in any case. */
function whenIdle(call: () => void): void {
  // WebKit has no requestIdleCallback.
  if ("requestIdleCallback" in globalThis) requestIdleCallback(call, { timeout: 1000 });
  else setTimeout(call, 200);
}

/** Keeps the page for visits without a network, once it has what it needs itself. */
function workOffline(): void {
  // Where service workers are refused the page works as well, just not without a network.
  if (import.meta.env.PROD) navigator.serviceWorker?.register("./sw.js").catch(() => undefined);
}
