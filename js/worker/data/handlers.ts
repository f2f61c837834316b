/** Everything that the worker which reads files answers. */
import type { DataMethods, DataStart } from "../../data-protocol.js";
import { TabgradError } from "../../errors.js";
import { refusedBytes } from "../../generated/tabgrad_data.js";
import type { Answers, HandlersOf, ServerWords } from "../serve.js";
import { exportHandlers } from "./exporting.js";
import { imported, importFiles, named } from "./importing.js";
import type { DataPlatform, DatasetStore, Info, Slot } from "./platform.js";
import { startData } from "./wasm.js";

/** What its server says of the module. */
export const DATA_WORDS: ServerWords = { module: "What reads files", loss: "The import can be begun again." };

/** What answers; the module is loaded when the first files are to be read. */
export async function dataAnswers(
  { wasm }: DataStart,
  platform: DataPlatform,
): Promise<Answers<DataMethods>> {
  let ready = false;
  const load = async () => {
    await startData(wasm, (url) => platform.readWasm(url));
    ready = true;
  };
  const handlers: HandlersOf<DataMethods> = {
    async importFiles(request, context) {
      await load();
      return importFiles(platform, request, context);
    },

    async listDatasets() {
      const slots = await (await platform.store()).list();
      const infos = slots.flatMap(({ info }) => info ?? []);
      return infos.map(({ source: _, ...dataset }) => dataset);
    },

    async findDataset({ name }) {
      const store = await platform.store();
      const slot = await existing(store, name);
      if (!slot.info.complete) {
        throw new TabgradError(
          "data",
          `The import of "${name}" was interrupted; import the same files again by this name.`,
        );
      }
      return imported(store, slot, false, slot.info.bytes);
    },

    async removeDataset({ name }) {
      const store = await platform.store();
      await store.remove(await existing(store, name));
    },

    async renameDataset({ name, to }) {
      const store = await platform.store();
      const slot = await existing(store, name);
      if (name === to) return;
      if (await named(store, to)) {
        throw new TabgradError("argument", `There is a dataset "${to}" already.`);
      }
      await store.describe(slot, { ...slot.info, name: to });
    },

    ...exportHandlers(platform, load),
  };
  return { handlers, refusedBytes: () => (ready ? refusedBytes() : 0) };
}

async function existing(store: DatasetStore, name: string): Promise<Slot & { info: Info }> {
  const slots = await store.list();
  const slot = slots.find(({ info }) => info?.name === name);
  if (slot?.info) return { ...slot, info: slot.info };
  const names = slots.flatMap(({ info }) => (info ? [`"${info.name}"`] : []));
  const found = names.length === 0 ? "no dataset is kept here" : `kept here are ${names.join(", ")}`;
  throw new TabgradError("notFound", `There is no dataset "${name}"; ${found}.`);
}
