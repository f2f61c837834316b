/** Models as files. */
import { call, TabgradError } from "../core.js";
import { callData, releaseData } from "../importer.js";
import type { ExportFormat, ModelExportOptions } from "../types/model.js";

/** The file of a model; `id` is its number. */
export async function exportedModel(
  id: number,
  format: ExportFormat,
  options: ModelExportOptions,
): Promise<Blob> {
  const { includeOptimizer = false, signal, ...rest } = options;
  if (format !== "safetensors" && format !== "onnx" && format !== "npz") {
    throw new TabgradError(
      "unsupported",
      `export: the format is "${format}", expected "safetensors", "onnx" or "npz".`,
    );
  }
  const file = await call("exportModel", {
    id,
    includeOptimizer: includeOptimizer && format === "safetensors",
  });
  if (format === "safetensors") return asBlob(file);
  const spec = { ...rest, type: format };
  const written = await callData("exportModel", { file, spec }, { transfer: [file.buffer], signal });
  releaseData();
  return asBlob(written);
}

function asBlob(bytes: Uint8Array): Blob {
  return new Blob([bytes as Uint8Array<ArrayBuffer>], { type: "application/octet-stream" });
}
