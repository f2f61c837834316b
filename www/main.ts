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
import { network } from "./train/network.svelte";
import { run } from "./train/run.svelte";
import { settings } from "./train/settings.svelte";

ensureLanguage();
traffic.start();
settings.start();
run.findUnfinished();
void current.start().then(workOffline);
void models.start();
void catalog.start();
void network.start();

mount(App, { target: document.body });

/** Keeps the page for visits without a network, once it has what it needs itself. */
function workOffline(): void {
  // Where service workers are refused the page works as well, just not without a network.
  if (import.meta.env.PROD) navigator.serviceWorker?.register("./sw.js").catch(() => undefined);
}
