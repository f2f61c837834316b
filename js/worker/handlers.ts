/** Everything that the worker answers. */
import { inspect, isRelaxed, layerTypes } from "../generated/tabgrad.js";
import type { Urls } from "../protocol.js";
import { datasetHandlers } from "./datasets.js";
import { modelHandlers } from "./models.js";
import type { WorkerPlatform } from "./platform.js";
import { savedHandlers } from "./saved.js";
import type { Handlers, Port } from "./serve.js";
import { Session } from "./session.js";
import { startEngine } from "./wasm.js";

/** Starts the engine; resolves to the answers. */
export async function handlers(platform: WorkerPlatform, urls: Urls, port: Port): Promise<Handlers> {
  await startEngine(urls.wasm, platform.read);
  const session = new Session(platform, urls.zip, port);
  return {
    engineInfo: () => ({ build: isRelaxed() ? "relaxed" : "baseline" }),
    inspect: ({ spec }) => inspect(spec),
    layerTypes: () => layerTypes(),
    ...modelHandlers(session),
    ...savedHandlers(session),
    ...datasetHandlers(session),
  };
}
