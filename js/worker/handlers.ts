/** Everything that the worker answers. */
import { TabgradError } from "../errors.js";
import { refusedBytes } from "../generated/tabgrad.js";
import type { EngineMessage, Method, Methods, StartMessage } from "../protocol.js";
import { EarlyFile } from "./early-file.js";
import { type FirstHandlers, firstHandlers } from "./first.js";
import type { WorkerPlatform } from "./platform.js";
import type { Later } from "./rest.js";
import type { Answers, Context, Handlers, Port, ServerWords } from "./serve.js";
import { Session } from "./session.js";
import { alone } from "./team/info.js";
import { startEngine } from "./wasm.js";

/** What its server says of the engine. */
export const ENGINE_WORDS: ServerWords = {
  module: "The engine",
  loss: "Models go on from their last complete epoch.",
  rescue: "rescueDatasets",
};

/** Milliseconds after the first prediction in which the network is left to the page. */
const AHEAD_DELAY = 500;

/** What needs the rest of the worker, but not that of the engine. */
const OF_FILES: ReadonlySet<Method> = new Set([
  "listModels",
  "removeModel",
  "copyModel",
  "listRuns",
  "removeRun",
  "storageUsage",
]);

/** Starts the engine; resolves to what answers. `compiled` is as for `startEngine`. */
export async function answers(
  platform: WorkerPlatform,
  { urls, workers, transport, ahead }: Omit<StartMessage, "type">,
  port: Port,
  compiled?: Promise<EngineMessage>,
): Promise<Answers<Methods>> {
  const early = ahead === undefined ? undefined : new EarlyFile(ahead, platform);
  const engine = await startEngine(urls.wasm, platform, compiled);
  const asked = { workers, transport, cores: platform.cores() };
  let there: Later | undefined;
  let loading: Promise<Later> | undefined;
  const later = () => {
    loading ??= platform.loadRest(urls.rest).then(
      ({ lead }) => {
        there = lead(session, { ...asked, rest: urls.rest, modules: () => engine.complete() });
        return there;
      },
      (error) => {
        // The next call tries anew: the file may be there by then.
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };
  const session = new Session(platform, port, later, early);
  const first = firstHandlers(session, () => there?.team.info() ?? alone(asked));

  /** A call that needs more than the first parts of worker and engine. */
  const whole = (method: Method) => async (params: unknown, context: Context) => {
    const engineToo = OF_FILES.has(method) ? undefined : engine.complete();
    const [{ handlers }] = await Promise.all([later(), engineToo]);
    const handler = handlers[method] as ((params: unknown, context: Context) => unknown) | undefined;
    if (!handler) throw new TabgradError("internal", `the worker knows no call "${method}"`);
    return handler(params, context);
  };
  let begun = false;
  const handlers: FirstHandlers = {
    ...first,
    async predict(params, context) {
      const value = await first.predict(params, context);
      // Ahead of its use; whoever needs it is told if that fails.
      if (!begun) setTimeout(() => Promise.all([engine.complete(), later()]).catch(() => {}), AHEAD_DELAY);
      begun = true;
      return value;
    },
  };
  return {
    handlers: new Proxy(handlers as Handlers, {
      get: (known, method) => known[method as Method] ?? whole(method as Method),
    }),
    refusedBytes,
  };
}
