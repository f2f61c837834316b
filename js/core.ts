/**
 * What the package's first file hands to the one that it loads later (rest.ts). That one imports nothing of the first
 * itself: a program may have loaded it from another address (`index.js?v=2`), and it would then run twice.
 */
import type { useConfiguration as configurationInUse } from "./config.js";
import type * as connections from "./connection.js";
import type * as datasets from "./data/dataset.js";
import type { packData as pack } from "./data/inputs.js";
import type { reading as readingBy } from "./data/reading.js";
import type * as engine from "./engine.js";
import type * as errors from "./errors.js";
import type { platform as here } from "./platform/platform.js";
import type { absolute as absoluteUrl } from "./urls.js";

/** All of it, by the names that it has where it is made. */
export interface Core {
  absolute: typeof absoluteUrl;
  call: typeof engine.call;
  Connection: typeof connections.Connection;
  made: typeof datasets.made;
  make: typeof datasets.make;
  newId: typeof engine.newId;
  packData: typeof pack;
  platform: typeof here;
  reading: typeof readingBy;
  referTo: typeof datasets.referTo;
  TabgradError: typeof errors.TabgradError;
  throwIfAborted: typeof errors.throwIfAborted;
  useConfiguration: typeof configurationInUse;
}

export let absolute: Core["absolute"];
export let call: Core["call"];
export let Connection: Core["Connection"];
export let made: Core["made"];
export let make: Core["make"];
export let newId: Core["newId"];
export let packData: Core["packData"];
export let platform: Core["platform"];
export let reading: Core["reading"];
export let referTo: Core["referTo"];
export let TabgradError: Core["TabgradError"];
export let throwIfAborted: Core["throwIfAborted"];
export let useConfiguration: Core["useConfiguration"];

/** Takes it over. */
export function useCore(core: Core): void {
  if (call !== undefined && call !== core.call)
    throw new core.TabgradError(
      "internal",
      "index-rest.js is in use by another copy of the package, loaded from another address; load it from one.",
    );
  ({ absolute, call, Connection, made, make, newId, packData, platform, reading } = core);
  ({ referTo, TabgradError, throwIfAborted, useConfiguration } = core);
}
