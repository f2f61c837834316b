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
    async beginExamination({ classNames }) {
      await load();
      return open.add(new Examination([...classNames]));
    },

    addToExamination({ id, samples, part }) {
      const examination = open.get(id);
      for (const { data, shape, label } of samples) {
        const sizes = Uint32Array.from(shape);
        if (data instanceof Uint8Array) examination.addBytes(sizes, data, label, part);
        else examination.addFloats(sizes, data, label, part);
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
