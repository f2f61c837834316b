/** Keeps the page for visits without a network, and says when there is a new version of it. */
import { askedFiles } from "../shared/own-files";
import { notices } from "./notices.svelte";
import { running } from "./running.svelte";

const SERVICE_WORKER = "./sw.js";

/** Which files the page is made of; empty while it is developed. */
const version = document.querySelector<HTMLMetaElement>("meta[name=version]")?.content ?? "";

/**
 * Holds the files of this version for as long as the page is open: the service worker forgets those that nobody
 * holds. To be called before anything of the page is loaded by parts.
 */
export function holdVersion(): void {
  const scope = new URL("./", document.baseURI).href;
  const forever = () => new Promise<never>(() => {});
  navigator.locks?.request(`tabgrad ${scope} ${version}`, { mode: "shared" }, forever).catch(() => {});
}

/** Says what can be done where a part of the page cannot be loaded. */
export function watchParts(): void {
  addEventListener("vite:preloadError", () => {
    offer("A part of the page cannot be loaded: there is no network, or a new version.");
  });
}

/** To be called once the page has what it needs itself. */
export async function workOffline(): Promise<void> {
  const workers = navigator.serviceWorker;
  if (!import.meta.env.PROD || !workers) return;
  workers.addEventListener("message", ({ data }: MessageEvent<{ version: string }>) => {
    if (data.version !== version) offer("A new version is there.");
  });
  try {
    await workers.register(trusted(SERVICE_WORKER));
    const { active } = await workers.ready;
    active?.postMessage({ asked: askedFiles() });
  } catch {
    // Where service workers are refused the page works as well, just not without a network.
  }
}

/** The address of a script as browsers want it that the page's policy forbids to start any other. */
function trusted(address: typeof SERVICE_WORKER): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const policy = trustedTypes?.createPolicy("tabgrad-page", { createScriptURL: (url) => url });
  return policy?.createScriptURL(address) ?? address;
}

/** Trusted Types as far as they are used here. What a policy makes is no string, but taken where one is. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}

function offer(text: string): void {
  if (notices.list.some((notice) => notice.text === text)) return;
  notices.keep(text, { label: "Reload", run: reload });
}

/** What is being trained is not ended by the way. */
function reload(): void {
  const { now } = running;
  if (now)
    offer(`${now.activity ?? "Training"} ${now.name} is under way. Reload after its end, or stop it first.`);
  else location.reload();
}
