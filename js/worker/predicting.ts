/** Prediction. */
import type { Dataset as WasmDataset } from "../generated/tabgrad.js";
import type { Tensor } from "../types/tensors.js";
import type { Context } from "./serve.js";
import { type ModelEntry, type Session, WORTH_SHARING } from "./session.js";

/** Every output for every sample of a dataset, by name. */
export async function predict(
  session: Session,
  entry: ModelEntry,
  dataset: WasmDataset,
  batchSize: number,
  context: Context,
): Promise<{ [output: string]: Tensor }> {
  const compute = (from: number, to: number): Tensor[] => entry.model.predict(dataset, from, to);
  const batches: Tensor[][] = [];
  const { length } = dataset;
  // One batch needs nobody else, unless it takes long.
  const isQuick = length * (entry.pace ?? 0) < WORTH_SHARING || length === 1;
  if (Number.isInteger(batchSize) && length > 0 && length <= batchSize && isQuick) {
    const began = performance.now();
    batches.push(compute(0, length));
    entry.pace = (performance.now() - began) / length;
  } else {
    const { inBatches, takeTurns } = await session.later();
    const rest = () => takeTurns(context);
    await inBatches<Tensor[]>({
      entry,
      dataset,
      batchSize,
      compute,
      use: (outputs) => batches.push(outputs),
      rest,
    });
  }
  const outputs = entry.spec.outputs.map((name, index) => {
    const parts = batches.map((batch) => batch[index] as Tensor);
    return [name, parts.length === 1 ? (parts[0] as Tensor) : joined(parts, length)] as const;
  });
  return Object.fromEntries(outputs);
}

/** The parts of an output as one. */
function joined(parts: readonly Tensor[], samples: number): Tensor {
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let position = 0;
  for (const part of parts) {
    data.set(part.data, position);
    position += part.data.length;
  }
  return { data, shape: [samples, ...(parts[0]?.shape.slice(1) ?? [])] };
}
