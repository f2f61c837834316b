/** Reports on datasets, whose samples come from wherever they are. */
import type { DataMethods } from "../../data-protocol.js";
import { Examination } from "../../generated/tabgrad_data.js";
import type { HandlersOf } from "../serve.js";
import { Open } from "./open.js";

type ExaminationMethods = Pick<DataMethods, "beginExamination" | "addToExamination" | "endExamination">;

/** The handlers of examinations. */
export function examinationHandlers(load: () => Promise<void>): HandlersOf<ExaminationMethods> {
  const open = new Open<Examination>("examination");
  return {
    async beginExamination({ classNames, boxClassNames }) {
      await load();
      return open.add(new Examination([...classNames], boxClassNames));
    },

    addToExamination({ id, samples, part }) {
      const examination = open.get(id);
      for (const { data, shape, label, boxes } of samples) {
        const sizes = Uint32Array.from(shape);
        if (data instanceof Uint8Array) examination.addBytes(sizes, data, label, part);
        else examination.addFloats(sizes, data, label, part);
        const extents = boxes?.flatMap(({ x, y, width, height }) => [x, y, width, height]);
        const labels = boxes?.map(({ label }) => label) ?? [];
        examination.addBoxes(extents && Float64Array.from(extents), Uint32Array.from(labels));
      }
    },

    endExamination({ id, keep }) {
      const examination = open.take(id);
      if (keep) return examination.finish();
      examination.free();
      return undefined;
    },
  };
}
