/** Everything that the worker answers. */
import { inspect, isRelaxed, layerTypes } from "../generated/tabgrad.js";
import type { StartMessage } from "../protocol.js";
import { datasetHandlers } from "./datasets.js";
import { modelHandlers } from "./models.js";
import type { WorkerPlatform } from "./platform.js";
import { savedHandlers } from "./saved.js";
import type { Handlers, Port } from "./serve.js";
import { Session } from "./session.js";
import { Team } from "./team/team.js";
import { startEngine } from "./wasm.js";

/** Starts the engine; resolves to the answers. */
export async function handlers(
  platform: WorkerPlatform,
  { urls, workers, transport }: StartMessage,
  port: Port,
): Promise<Handlers> {
  const module = await startEngine(urls.wasm, platform.read);
  const { cores, startPeer } = platform;
  const team = new Team({ workers, transport, cores: cores(), module, startPeer });
  const session = new Session(platform, urls.zip, port, team);
  return {
    engineInfo: () => ({ build: isRelaxed() ? "relaxed" : "baseline", ...team.info() }),
    inspect: ({ spec }) => inspect(spec),
    layerTypes: () => layerTypes(),
    ...modelHandlers(session),
    ...savedHandlers(session),
    ...datasetHandlers(session),
  };
}
