/** A model as a text table. */
import { call } from "../core.js";
import type { Model, SummaryOptions } from "../types/model.js";
import type { ModelReport, PlanReport } from "../types/specs.js";
import type { Reference } from "./reference.js";

/** The summary of a model; what is wrong with it stands there, so that the worker need not have it but for a plan. */
export async function summarized(
  model: Model,
  reference: Reference,
  options: SummaryOptions,
): Promise<string> {
  const report = await model.inspect();
  if (!options.plan) return summaryOf(model.name, report);
  const { batchSize = 32, training = model.compiled !== undefined } = options;
  const plan = await call("plan", { id: await reference.id(), batchSize, training });
  return summaryOf(model.name, report, plan);
}

/**
 * One line a layer: name and kind, output shape, parameters; then the totals. With a plan also what
 * computes each layer, the bytes that it writes for a batch and those that its kernels hold besides.
 */
export function summaryOf(name: string, report: ModelReport, plan?: PlanReport): string {
  const planned = new Map(plan?.layers.map((layer) => [layer.name, layer]));
  const rows = report.layers.map((layer) => [
    `${layer.name} (${layer.type}${layer.frozen ? ", frozen" : ""})`,
    layer.outputShape ? `[${layer.outputShape.join(", ")}]` : (layer.error ?? "unknown"),
    grouped(layer.parameters),
    ...(plan ? planOf(planned.get(layer.name)) : []),
  ]);
  const head = ["Layer", "Output shape", "Parameters", ...(plan ? ["Output", "Scratch", "Kernel"] : [])];
  const numbers = new Set([2, 3, 4]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const [first = "", ...body] = [head, ...rows].map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] as number;
        return numbers.has(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd(),
  );
  const rule = "-".repeat(Math.max(first.length, ...body.map((line) => line.length)));
  return [
    `Model "${name}"`,
    rule,
    first,
    rule,
    ...body,
    rule,
    `Parameters: ${grouped(report.parameters)} (${grouped(report.trainable)} trained)`,
    `Multiply-adds a sample: ${grouped(report.multiplyAdds)}`,
    ...(plan ? [totalOf(plan)] : []),
    ...(report.error ? [report.error] : []),
  ].join("\n");
}

/** What a layer writes, what it holds, and what computes it. */
function planOf(layer: PlanReport["layers"][number] | undefined): string[] {
  if (!layer) return ["", "", ""];
  const fused = layer.fusedInto ? `in ${layer.fusedInto}` : "view";
  const how = layer.kernels.length > 0 ? layer.kernels.join(", ") : fused;
  return [size(layer.bufferBytes), size(layer.scratchBytes), how];
}

function totalOf({ training, batchSize, bytes, buffers }: PlanReport): string {
  const samples = `${grouped(batchSize)} sample${batchSize === 1 ? "" : "s"}`;
  const what = training ? `Training on ${samples} at a time` : `Prediction of ${samples}`;
  return `${what}: ${size(bytes)}, of which ${buffers.length} shared buffers take ${size(sum(buffers))}`;
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Bytes for people: "12.3 MiB"; nothing for none. */
function size(bytes: number): string {
  if (bytes === 0) return "";
  const kib = bytes / 1024;
  return kib < 1024 ? `${kib.toFixed(1)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
}

/** 12345 as "12,345", the same in every locale. */
function grouped(value: number): string {
  return value.toLocaleString("en-US");
}
