/** Addresses of saved models and of files. */
import { platform } from "./platform/platform.js";

const STORE = "indexeddb://";

/** An absolute address. What follows `indexeddb://` is a name, not a host: any text will do. */
export function absolute(url: string | URL): string {
  const text = String(url);
  return nameIn(text) === undefined ? platform().resolve(text).href : text;
}

/** The name in `indexeddb://NAME`; undefined for other addresses. */
export function nameIn(url: string): string | undefined {
  return url.startsWith(STORE) ? url.slice(STORE.length) : undefined;
}

/** `indexeddb://NAME`. */
export function storeUrl(name: string): string {
  return STORE + name;
}
