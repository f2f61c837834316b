/** Answers what is asked of saved models. */
import { TabgradError } from "../errors.js";
import { Model as WasmModel } from "../generated/tabgrad.js";
import type { WireBytes } from "../protocol.js";
import type { SavedModel } from "../types/storage.js";
import { nameIn, storeUrl } from "../urls.js";
import { historyOf } from "./history.js";
import { addModel } from "./models.js";
import type { OnProgress, WorkerPlatform } from "./platform.js";
import type { Handlers } from "./serve.js";
import type { Session } from "./session.js";

type SavedHandlers = Pick<
  Handlers,
  "loadModel" | "saveModel" | "exportModel" | "listModels" | "removeModel" | "copyModel" | "storageUsage"
>;

/** The handlers of models in files and in the store. */
export function savedHandlers(session: Session): SavedHandlers {
  const { platform } = session;
  const { store } = platform;
  return {
    async loadModel({ id, from }, { signal, emit }) {
      const bytes = await bytesOf(platform, from, signal, (done, total) => emit({ done, total }));
      const info = addModel(session, id, WasmModel.load(bytes));
      // The file is the state to come back to as it is.
      session.keep(id, bytes.slice());
      return info;
    },

    async saveModel({ id, url, options }) {
      const { model } = session.models.get(id);
      const includesOptimizer = options.includeOptimizer ?? false;
      const file = model.save(includesOptimizer);
      const overwrite = options.overwrite ?? true;
      const name = nameIn(url);
      if (name === undefined) return platform.writeFile(url, file, overwrite);
      await store.save(
        { record: recordOf(model, checked(name), file.byteLength, includesOptimizer), file },
        overwrite,
      );
    },

    exportModel: ({ id, includeOptimizer }) => session.models.get(id).model.save(includeOptimizer),
    listModels: () => store.list(),

    async removeModel({ url }) {
      const name = nameIn(url);
      await (name === undefined ? platform.removeFile(url) : store.remove(name));
    },

    async copyModel({ from, to, move }) {
      const [source, target] = [nameIn(from), nameIn(to)];
      if (source !== undefined && target !== undefined) return store.copy(source, checked(target), move);
      if (source !== undefined || target !== undefined) {
        throw new TabgradError(
          "unsupported",
          `From ${from} to ${to}: load the model from one and save it to the other.`,
        );
      }
      if (from === to) return;
      await platform.writeFile(to, await platform.read(from), true);
      if (move) await platform.removeFile(from);
    },

    storageUsage: () => store.usage(),
  };

  async function bytesOf(
    { read }: WorkerPlatform,
    from: WireBytes,
    signal: AbortSignal,
    onProgress: OnProgress,
  ): Promise<Uint8Array> {
    if ("bytes" in from) return from.bytes;
    if ("blob" in from) return new Uint8Array(await from.blob.arrayBuffer());
    const name = nameIn(from.url);
    if (name === undefined) return read(from.url, signal, onProgress);
    return (await store.load(name)).file;
  }
}

function recordOf(model: WasmModel, name: string, bytes: number, includesOptimizer: boolean): SavedModel {
  const history = historyOf(model);
  const series = Object.entries(history);
  return {
    name,
    url: storeUrl(name),
    bytes,
    savedAt: new Date(),
    parameters: model.parameterCount,
    inputShape: model.spec().inputs[0]?.shape ?? [],
    classNames: model.classNames(),
    metrics: Object.fromEntries(series.map(([metric, values]) => [metric, values.at(-1) as number])),
    epochs: Math.max(0, ...series.map(([, values]) => values.length)),
    includesOptimizer,
  };
}

function checked(name: string): string {
  if (name !== "") return name;
  throw new TabgradError(
    "argument",
    'indexeddb:// is not followed by a name, expected for example "indexeddb://digits".',
  );
}
