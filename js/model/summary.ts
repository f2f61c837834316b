/** A model as a text table. */
import type { ModelReport } from "../types/specs.js";

/** One line a layer: name and kind, output shape, parameters; then the totals. */
export function summaryOf(name: string, report: ModelReport): string {
  const rows = report.layers.map((layer) => [
    `${layer.name} (${layer.type})`,
    layer.outputShape ? `[${layer.outputShape.join(", ")}]` : (layer.error ?? "unknown"),
    grouped(layer.parameters),
  ]);
  const table = [["Layer", "Output shape", "Parameters"], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => (row[column] as string).length)));
  const lines = table.map(([layer = "", shape = "", parameters = ""]) =>
    [
      layer.padEnd(widths[0] as number),
      shape.padEnd(widths[1] as number),
      parameters.padStart(widths[2] as number),
    ]
      .join("  ")
      .trimEnd(),
  );
  const rule = "-".repeat(Math.max(...lines.map((line) => line.length)));
  const totals = [
    `Parameters: ${grouped(report.parameters)} (${grouped(report.trainable)} trained)`,
    `Multiply-adds a sample: ${grouped(report.multiplyAdds)}`,
  ];
  const [head = "", ...body] = lines;
  return [
    `Model "${name}"`,
    rule,
    head,
    rule,
    ...body,
    rule,
    ...totals,
    ...(report.error ? [report.error] : []),
  ].join("\n");
}

/** 12345 as "12,345", the same in every locale. */
function grouped(value: number): string {
  return value.toLocaleString("en-US");
}
