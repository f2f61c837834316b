/** Answers what a page asks up to its first prediction. */
import { isRelaxed, Model as WasmModel } from "../generated/tabgrad.js";
import type { ModelInfo, WireBytes } from "../protocol.js";
import { nameIn } from "../urls.js";
import { historyOf } from "./history.js";
import type { OnProgress } from "./platform.js";
import { predict } from "./predicting.js";
import { withSamples } from "./samples.js";
import type { Handlers } from "./serve.js";
import type { Session } from "./session.js";
import type { TeamInfo } from "./team/info.js";

/** The calls that the first parts of the worker and of the engine are enough for. */
export type FirstHandlers = Pick<
  Handlers,
  "engineInfo" | "loadModel" | "predict" | "activations" | "prepare" | "disposeModel" | "disposeDataset"
>;

/** The handlers of those; `team` is who computes by now. */
export function firstHandlers(session: Session, team: () => TeamInfo): FirstHandlers {
  const get = (id: number) => session.models.get(id);
  return {
    engineInfo: () => ({ build: isRelaxed() ? "relaxed" : "baseline", ...team() }),

    async loadModel({ id, from }, { signal, emit }) {
      const bytes = await bytesOf(session, from, signal, (done, total) => emit({ done, total }));
      const info = addModel(session, id, WasmModel.load(bytes));
      // The file is the state to come back to as it is.
      session.keep(id, bytes.slice());
      return info;
    },

    predict({ id, data, batchSize }, context) {
      const entry = get(id);
      return withSamples(session, entry, data, (dataset) =>
        predict(session, entry, dataset, batchSize, context),
      );
    },

    activations({ id, x, layers }) {
      const entry = get(id);
      return withSamples(session, entry, { x }, (dataset) => {
        const tensors = entry.model.activations(dataset, layers);
        return Object.fromEntries(
          layers.map((name, index) => [name, tensors[index] as (typeof tensors)[number]]),
        );
      });
    },

    async prepare({ id, image }) {
      const { data, width, height } = await session.platform.decode(image);
      return get(id).model.prepare(data as Uint8Array, width, height);
    },

    disposeModel({ id }) {
      const entry = session.models.take(id);
      if (!entry) return;
      clearTimeout(entry.timer);
      void entry.backup?.close();
      // A run ends first: it holds on to the model between its steps.
      entry.run?.command({ type: "stop" });
      if (entry.run) entry.run.whenEnded(() => entry.model.free());
      else entry.model.free();
    },

    disposeDataset({ id }) {
      session.datasets.take(id)?.dataset.free();
    },
  };
}

/** Adds a model under this number. */
export function addModel(session: Session, id: number, model: WasmModel): ModelInfo {
  session.models.add(id, { id, model, spec: model.spec(), revision: 0, run: undefined, timer: undefined });
  return infoOf(model);
}

function infoOf(model: WasmModel): ModelInfo {
  const preprocessing = model.preprocessing();
  const compiled = model.compiled();
  return {
    spec: model.spec(),
    classNames: model.classNames(),
    history: historyOf(model),
    ...(preprocessing ? { preprocessing } : {}),
    ...(compiled ? { compiled } : {}),
  };
}

/** The bytes of a model's file. */
export async function bytesOf(
  session: Session,
  from: WireBytes,
  signal: AbortSignal,
  onProgress: OnProgress,
): Promise<Uint8Array> {
  if ("bytes" in from) return from.bytes;
  if ("blob" in from) return new Uint8Array(await from.blob.arrayBuffer());
  const { platform, later, early } = session;
  session.early = undefined;
  if (early?.url === from.url) return early.taken(signal, onProgress);
  const name = nameIn(from.url);
  if (name === undefined) return platform.read(from.url, signal, onProgress);
  return (await (await later()).store.load(name)).file;
}
