/** Zip archives of datasets, whose samples come from wherever they are. */
import type { DataMethods } from "../../data-protocol.js";
import { Export } from "../../generated/tabgrad_data.js";
import { MemoryFile, type ScratchFile } from "../bytes/source.js";
import type { HandlersOf } from "../serve.js";
import { Open } from "./open.js";
import type { DataPlatform } from "./platform.js";

type ExportMethods = Pick<DataMethods, "beginExport" | "addToExport" | "addRowsToExport" | "endExport">;

/** The handlers of exports. */
export function exportHandlers(platform: DataPlatform, load: () => Promise<void>): HandlersOf<ExportMethods> {
  const open = new Open<{ archive: Export; file: ScratchFile }>("export");
  return {
    async beginExport({ parts }) {
      await load();
      const file = (await platform.scratch()) ?? new MemoryFile();
      return open.add({ archive: new Export(file, parts), file });
    },

    addToExport({ id, samples }) {
      const { archive } = open.get(id);
      for (const { sample, folder, part } of samples) {
        const { data, text } = sample;
        const shape = Uint32Array.from(sample.shape);
        if (text !== undefined) archive.addText(folder, part, text);
        else if (data instanceof Uint8Array) archive.addBytes(folder, part, shape, data);
        else archive.addFloats(folder, part, shape, data);
        if (!sample.boxes) continue;
        const extents = sample.boxes.flatMap(({ x, y, width, height }) => [x, y, width, height]);
        const labels = sample.boxes.map(({ label }) => label);
        archive.annotate(part, Float64Array.from(extents), Uint32Array.from(labels));
      }
    },

    addRowsToExport({ id, part, names, cells, numbers }) {
      open.get(id).archive.addRows(part, names, cells, numbers);
    },

    async endExport({ id, keep, boxClassNames = [] }) {
      const { archive, file } = open.take(id);
      if (!keep) {
        archive.free();
        file.close();
        return undefined;
      }
      archive.finish(boxClassNames);
      return file.toBlob();
    },
  };
}
