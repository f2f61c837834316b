import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/layout.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { catalog } from "./data/catalog.svelte";
import { traffic } from "./frame/traffic.svelte";
import { holdVersion, watchParts, workOffline } from "./frame/updates";
import { current } from "./models/current.svelte";
import { models } from "./models/models.svelte";
import { keptRuns } from "./runs/kept-runs.svelte";
import { followOthers } from "./runs/others";
import { ensureLanguage } from "./shared/language";
import { flushWhenLeft } from "./shared/latest-write";
import { network } from "./train/network/network.svelte";
import { settings } from "./train/settings/settings.svelte";

holdVersion();
watchParts();
ensureLanguage();
traffic.start();
settings.start();
flushWhenLeft(window);
followOthers();
void current.start().then(() => whenIdle(startOthers));

mount(App, { target: document.body });

/** What the first prediction does not need must not delay it. */
function startOthers(): void {
  void models.start();
  void keptRuns.start();
  void catalog.start();
  void network.start();
  void workOffline();
}

/** Calls it when nothing else is to be done, soon in any case. */
function whenIdle(call: () => void): void {
  // WebKit has no requestIdleCallback.
  if ("requestIdleCallback" in globalThis) requestIdleCallback(call, { timeout: 1000 });
  else setTimeout(call, 200);
}
