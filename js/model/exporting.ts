/** Models as files. */
import { call, TabgradError } from "../core.js";

/** The file of a model; `id` is its number. */
export async function exportedModel(
  id: number,
  format: "safetensors",
  { includeOptimizer = false }: { includeOptimizer?: boolean },
): Promise<Blob> {
  if (format !== "safetensors") {
    throw new TabgradError("unsupported", `export: the format is "${format}", expected "safetensors".`);
  }
  const bytes = await call("exportModel", { id, includeOptimizer });
  return new Blob([bytes as Uint8Array<ArrayBuffer>], { type: "application/octet-stream" });
}
