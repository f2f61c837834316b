/** The worker that reads files, seen from outside: started when the first files are read. */
import type { CallOptions, Connection as ConnectionTo } from "./connection.js";
import { Connection, platform, TabgradError, throwIfAborted, useConfiguration } from "./core.js";
import type { DataMethods, SoundRequest } from "./data-protocol.js";
import type { Calls, ParamsOf, ResultOf } from "./wire.js";

let current: ConnectionTo<DataMethods> | undefined;

/** Calls the worker. */
export async function callData<K extends Calls<DataMethods>>(
  method: K,
  params: ParamsOf<DataMethods, K>,
  options: CallOptions = {},
): Promise<ResultOf<DataMethods, K>> {
  throwIfAborted(options.signal);
  current ??= connect();
  const connection = current;
  await connection.started;
  // Only here browsers decode sounds, and what has them do so comes along with the first one.
  const onEvent = async (event: unknown) =>
    "sound" in (event as object)
      ? (await import("./data/sounds.js")).decoded(event as SoundRequest)
      : options.onEvent?.(event);
  return connection.call(method, params, { ...options, onEvent });
}

let held = false;

/** Keeps the worker for good: the file of an archive that it made is there as long as it is. */
export function holdData(): void {
  held = true;
}

/** Ends the worker if nothing waits for it, for the memory that a large import took. */
export function releaseData(): void {
  if (held || current?.waiting !== 0) return;
  current.close();
  current = undefined;
}

function connect(): ConnectionTo<DataMethods> {
  const here = platform();
  const { workerUrl, wasmUrl, datasetFolder } = useConfiguration();
  const urls = here.dataUrls();
  // Who puts the other files elsewhere puts these beside them.
  const file = urls.worker.href.split("/").at(-1) ?? "";
  const url = workerUrl === undefined ? urls.worker : new URL(file, here.resolve(String(workerUrl)));
  const engine =
    wasmUrl === undefined || typeof wasmUrl === "string" || wasmUrl instanceof URL
      ? wasmUrl
      : wasmUrl.baseline;
  const wasm =
    engine === undefined ? urls.wasm : new URL("tabgrad_data_bg.wasm", here.resolve(String(engine)));
  const folder = datasetFolder === undefined ? undefined : String(datasetFolder);
  const end = () => {
    if (current === connection) current = undefined;
  };
  const connection: ConnectionTo<DataMethods> = new Connection<DataMethods>({
    start: (listener) => here.startWorker(url, listener),
    message: { wasm: wasm.href, folder },
    cannotStart: (reason) =>
      new TabgradError(
        "wasm",
        `The worker ${url.href} failed: ${reason}. If the file is not there, copy it from the package's dist folder beside worker.js.`,
      ),
    died: (reason) => new TabgradError("internal", `The worker that reads files ended: ${reason}.`),
    // The next call starts another.
    onPoisoned: (error) => connection.fail(error),
    onEnd: end,
  });
  return connection;
}
