/** Answers what is asked of saved models. */
import { TabgradError } from "../errors.js";
import type { Model as WasmModel } from "../generated/tabgrad.js";
import type { SavedModel } from "../types/storage.js";
import { nameIn, storeUrl } from "../urls.js";
import { historyOf } from "./history.js";
import type { RestPlatform } from "./platform.js";
import type { Handlers } from "./serve.js";
import type { Session } from "./session.js";

type SavedHandlers = Pick<
  Handlers,
  "saveModel" | "exportModel" | "listModels" | "removeModel" | "copyModel" | "storageUsage"
>;

/** The handlers of models in files and in the store. */
export function savedHandlers(
  session: Session,
  { store, writeFile, removeFile }: RestPlatform,
): SavedHandlers {
  return {
    async saveModel({ id, url, options }) {
      const { model } = session.models.get(id);
      const includesOptimizer = options.includeOptimizer ?? false;
      const file = model.save(includesOptimizer);
      const overwrite = options.overwrite ?? true;
      const name = nameIn(url);
      if (name === undefined) return writeFile(url, file, overwrite);
      await store.save(
        { record: recordOf(model, checked(name), file.byteLength, includesOptimizer), file },
        overwrite,
      );
    },

    exportModel: ({ id, includeOptimizer }) => session.models.get(id).model.save(includeOptimizer),
    listModels: () => store.list(),

    async removeModel({ url }) {
      const name = nameIn(url);
      await (name === undefined ? removeFile(url) : store.remove(name));
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
      await writeFile(to, await session.platform.read(from), true);
      if (move) await removeFile(from);
    },

    storageUsage: () => store.usage(),
  };
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
