/** Answers what is asked of models that come of others. */
import { Model as WasmModel } from "../generated/tabgrad.js";
import { addModel, bytesOf } from "./first.js";
import { idle } from "./models.js";
import type { Handlers } from "./serve.js";
import type { Session } from "./session.js";

/** The handlers of parts of models in others. */
export function transferHandlers(session: Session): Pick<Handlers, "cutModel" | "takeWeights"> {
  const get = (id: number) => session.models.get(id);
  return {
    cutModel({ id, newId, layer }) {
      const info = addModel(session, newId, get(id).model.upTo(layer));
      session.snapshot(get(newId));
      return info;
    },

    async takeWeights({ id, from, layers, strict, isForeign = false }, { signal, emit }) {
      const idleEntry = () => idle(get(id), "loadWeights");
      const take = (source: WasmModel) => {
        const entry = idleEntry();
        const report = entry.model.takeWeights(source, layers, strict);
        entry.revision += 1;
        session.snapshot(entry);
        return report;
      };
      if ("model" in from) return take(get(from.model).model);
      const bytes = await bytesOf(session, from, signal, (done, total) =>
        emit({ done, total, unit: "bytes" }),
      );
      idleEntry();
      // Others are read elsewhere.
      if (isForeign || !isOwn(bytes)) return { foreign: bytes };
      const source = WasmModel.load(bytes);
      try {
        return take(source);
      } finally {
        source.free();
      }
    },
  };
}

/** Whether a file is one of this package: safetensors that say so in their header. */
function isOwn(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const begin = 8;
  if (bytes.byteLength < begin) return false;
  const length = Number(view.getBigUint64(0, true));
  if (length > bytes.byteLength - begin) return false;
  try {
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(begin, begin + length)));
    return typeof header.__metadata__?.tabgrad === "string";
  } catch {
    return false;
  }
}
