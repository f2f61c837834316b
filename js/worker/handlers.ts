/** Everything that the worker answers. */
import { inspect, isRelaxed, layerTypes, refusedBytes } from "../generated/tabgrad.js";
import type { Method, Methods, StartMessage } from "../protocol.js";
import { datasetHandlers } from "./datasets.js";
import { modelHandlers } from "./models.js";
import type { WorkerPlatform } from "./platform.js";
import { savedHandlers } from "./saved.js";
import type { Answers, Context, Handlers, Port, ServerWords } from "./serve.js";
import { Session } from "./session.js";
import { Team } from "./team/team.js";
import { type Engine, startEngine } from "./wasm.js";

/** What its server says of the engine. */
export const ENGINE_WORDS: ServerWords = {
  module: "The engine",
  loss: "Models go on from their last complete epoch.",
  rescue: "rescueDatasets",
};

/** Starts the engine; resolves to what answers. */
export async function answers(
  platform: WorkerPlatform,
  { urls, workers, transport }: Omit<StartMessage, "type">,
  port: Port,
): Promise<Answers<Methods>> {
  const engine = await startEngine(urls.wasm, platform);
  const { cores, startPeer } = platform;
  const modules = () => engine.complete();
  const team = new Team({ workers, transport, cores: cores(), modules, startPeer });
  const session = new Session(platform, port, team);
  const handlers = inTwoParts(engine, {
    engineInfo: () => ({ build: isRelaxed() ? "relaxed" : "baseline", ...team.info() }),
    inspect: ({ spec }) => inspect(spec),
    layerTypes: () => layerTypes(),
    ...modelHandlers(session),
    ...savedHandlers(session),
    ...datasetHandlers(session),
  });
  return { handlers, refusedBytes };
}

/** What the first part of the engine is enough for. */
const FIRST: ReadonlySet<Method> = new Set([
  "engineInfo",
  "loadModel",
  "predict",
  "prepare",
  "activations",
  "disposeModel",
  "disposeDataset",
  "listModels",
  "removeModel",
  "copyModel",
  "storageUsage",
]);

/** Milliseconds after the first prediction in which the network is left to the page. */
const AHEAD_DELAY = 500;

/** Has the rest of the engine loaded before everything that needs it, and after the first prediction. */
function inTwoParts(engine: Engine, all: Handlers): Handlers {
  let begun = false;
  const wrapped = Object.entries(all).map(([name, handler]) => {
    const method = name as Method;
    const answer = handler as (params: unknown, context: Context) => unknown;
    return [
      method,
      async (params: unknown, context: Context) => {
        if (!FIRST.has(method)) await engine.complete();
        const value = await answer(params, context);
        if (method === "predict" && !begun) {
          begun = true;
          // Ahead of its use; whoever needs it is told if that fails.
          setTimeout(() => engine.complete().catch(() => {}), AHEAD_DELAY);
        }
        return value;
      },
    ];
  });
  return Object.fromEntries(wrapped) as Handlers;
}
