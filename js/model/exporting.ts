/** Models as files. */
import { call, TabgradError } from "../core.js";
import { callData, releaseData } from "../importer.js";
import type { ExportFormat, ModelExportOptions } from "../types/model.js";

/** The options that each format has, besides `signal`. */
const OPTIONS: Readonly<Record<ExportFormat, readonly string[]>> = {
  safetensors: ["includeOptimizer"],
  onnx: ["weights", "includePreprocessing", "foldBatchNormalization"],
  npz: [],
};

/** The file of a model; `id` is its number. */
export async function exportedModel(
  id: number,
  format: ExportFormat,
  options: ModelExportOptions,
): Promise<Blob> {
  const { includeOptimizer = false, signal, ...rest } = options;
  const known = Object.hasOwn(OPTIONS, format) ? OPTIONS[format] : undefined;
  if (!known) {
    throw new TabgradError(
      "unsupported",
      `export: the format is "${format}", expected "safetensors", "onnx" or "npz".`,
    );
  }
  for (const [name, value] of Object.entries(options)) {
    if (name === "signal" || value === undefined || known.includes(name)) continue;
    throw new TabgradError(
      "argument",
      `export: "${format}" has no option "${name}", expected ${known.join(", ") || "none"}.`,
    );
  }
  const file = await call("exportModel", {
    id,
    includeOptimizer,
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
