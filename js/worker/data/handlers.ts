/** Everything that the worker which reads files answers. */
import type { DataMethods, DataStart } from "../../data-protocol.js";
import { TabgradError } from "../../errors.js";
import { refusedBytes } from "../../generated/tabgrad_data.js";
import type { Answers, HandlersOf, ServerWords } from "../serve.js";
import { examinationHandlers } from "./examining.js";
import { exportHandlers } from "./exporting.js";
import { imported, importFiles } from "./importing.js";
import { existing, keptIn } from "./kept.js";
import { modelHandlers } from "./models.js";
import type { DataPlatform } from "./platform.js";
import { soundOf } from "./sounds.js";
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

    async readSound({ blob, rate }, context) {
      await load();
      return soundOf(blob, rate, context);
    },

    async listDatasets() {
      const kept = await keptIn(await platform.store());
      const slots = Array.from(kept.values(), ({ whole, begun }) => whole ?? begun);
      return slots.flatMap((slot) => {
        if (!slot) return [];
        const { source: _, replaces: __, ...dataset } = slot.info;
        return dataset;
      });
    },

    async findDataset({ name }) {
      const store = await platform.store();
      const { whole } = await existing(store, name);
      if (!whole) {
        throw new TabgradError(
          "data",
          `The import of "${name}" was interrupted; import the same files again by this name.`,
        );
      }
      return imported(store, whole, false, whole.info.bytes);
    },

    async removeDataset({ name }) {
      const store = await platform.store();
      const { whole, begun } = await existing(store, name);
      for (const slot of [begun, whole]) if (slot) await store.remove(slot);
    },

    async renameDataset({ name, to }) {
      const store = await platform.store();
      const { whole, begun } = await existing(store, name);
      if (name === to) return;
      if ((await keptIn(store)).has(to)) {
        throw new TabgradError("argument", `There is a dataset "${to}" already.`);
      }
      for (const slot of [whole, begun]) if (slot) await store.describe(slot, { ...slot.info, name: to });
    },

    ...modelHandlers(platform, load),
    ...examinationHandlers(load),
    ...exportHandlers(platform, load),
  };
  return { handlers, refusedBytes: () => (ready ? refusedBytes() : 0) };
}
