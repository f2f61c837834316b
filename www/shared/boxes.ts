import type { Box, DatasetReport } from "tabgrad";
import { classColor } from "./colors";
import { counted } from "./format";

/** What annotations say of a dataset. */
export type BoxReport = NonNullable<DatasetReport["boxes"]>;

/** A box as shares of its picture. */
export interface SharedBox {
  x: number;
  y: number;
  width: number;
  height: number;
  label: number;
  name: string;
}

/** Boxes of a picture of this shape as shares of it, the largest first, so that none hides another. */
export function sharesOf(boxes: readonly Box[], [height = 1, width = 1]: readonly number[]): SharedBox[] {
  return boxes
    .map((box) => ({
      ...box,
      x: box.x / width,
      y: box.y / height,
      width: box.width / width,
      height: box.height / height,
    }))
    .sort((a, b) => b.width * b.height - a.width * a.height);
}

/** "11 RBC, 1 WBC", by how many there are. */
export function kindsOf(boxes: readonly Pick<Box, "name">[]): string {
  const counts = new Map<string, number>();
  for (const { name } of boxes) counts.set(name, (counts.get(name) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([name, n]) => `${n} ${name}`).join(", ");
}

/** "12 boxes: 11 RBC, 1 WBC". */
export function inBoxes(boxes: readonly Pick<Box, "name">[]): string {
  if (boxes.length === 0) return "no boxes";
  return `${counted(boxes.length, "box", "boxes")}: ${kindsOf(boxes)}`;
}

/** "RBC at 346, 361, 100 × 93": the upper left corner and the size, in pixels. */
export function placeOf({ name, x, y, width, height }: Box): string {
  const [left, top, wide, high] = [x, y, width, height].map((at) => Number(at.toFixed(1)));
  return `${name} at ${left}, ${top}, ${wide} × ${high}`;
}

/**
 * Lines under each other that make a box: dark and light ones around that of its class, so that it stands
 * out from every picture; on a small picture a light one is enough. Widths are in pixels of the screen.
 */
export function linesOf(label: number, small: boolean): readonly { color: string; width: number }[] {
  if (small) {
    return [
      { color: "#fff", width: 2 },
      { color: classColor(label), width: 1 },
    ];
  }
  return [
    { color: "#000", width: 4 },
    { color: "#fff", width: 3 },
    { color: classColor(label), width: 1.5 },
  ];
}

/** What annotations say of a dataset, in a sentence; empty where they say nothing. */
export function summaryOf(report: BoxReport | undefined): string {
  if (!report) return "";
  const { count: boxes, classes, empty, unannotated, refusedCount, missingCount } = report;
  const less = [
    [empty.length, "image has no box", "images have no box"],
    [unannotated.length, "is not annotated", "are not annotated"],
    [refusedCount, "box was left out", "boxes were left out"],
    [missingCount, "annotated image is not there", "annotated images are not there"],
  ] as const;
  const told = less.filter(([n]) => n > 0).map(([n, one, many]) => counted(n, one, many));
  const found = `${counted(boxes, "box", "boxes")} of ${counted(classes.length, "class", "classes")}`;
  return `${[found, ...told].join(", ")}.`;
}
