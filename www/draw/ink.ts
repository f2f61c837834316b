/** A point of a stroke: position in units of the pad's side (0..1), pressure 0..1. */
export interface Point {
  x: number;
  y: number;
  pressure: number;
}

export interface Stroke {
  kind: "pen" | "eraser";
  points: Point[];
}

/** Full width of a stroke at medium pressure, as a share of the pad's side. */
const PEN = 0.068;
const ERASER = 0.13;

function lineWidth(stroke: Stroke, pressure: number): number {
  return stroke.kind === "eraser" ? ERASER : PEN * (0.55 + 0.9 * pressure);
}

/**
 * Draws what `from` (an index into the points) adds to a stroke. The curve runs through
 * the midpoints of neighbouring points with the points as controls, so directions agree
 * where pieces meet; round caps join pieces of different width.
 */
export function drawStroke(
  context: CanvasRenderingContext2D,
  side: number,
  stroke: Stroke,
  from: number,
): void {
  const { points } = stroke;
  context.globalCompositeOperation = stroke.kind === "eraser" ? "destination-out" : "source-over";
  context.lineCap = "round";
  context.lineJoin = "round";
  if (points.length === 1 || from === 0) dot(context, side, stroke);
  for (let i = Math.max(1, from); i < points.length; i++) {
    const before = points[i - 2] ?? points[i - 1];
    const control = points[i - 1];
    const end = points[i];
    if (!before || !control || !end) continue;
    piece(context, side, stroke, midpoint(before, control), control, midpoint(control, end));
  }
}

/** The last half piece, from the last midpoint to where the pen left. */
export function finishStroke(context: CanvasRenderingContext2D, side: number, stroke: Stroke): void {
  const last = stroke.points.at(-1);
  const before = stroke.points.at(-2);
  if (!last || !before) return;
  const start = midpoint(before, last);
  piece(context, side, stroke, start, midpoint(start, last), last);
}

export function drawAll(context: CanvasRenderingContext2D, side: number, strokes: readonly Stroke[]): void {
  for (const stroke of strokes) {
    drawStroke(context, side, stroke, 0);
    finishStroke(context, side, stroke);
  }
}

function midpoint(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, pressure: (a.pressure + b.pressure) / 2 };
}

function dot(context: CanvasRenderingContext2D, side: number, stroke: Stroke): void {
  const point = stroke.points[0];
  if (!point) return;
  context.beginPath();
  context.arc(point.x * side, point.y * side, (lineWidth(stroke, point.pressure) * side) / 2, 0, 2 * Math.PI);
  context.fill();
}

const PARTS = 4;

/** One quadratic piece in short lines whose width follows the pressure. */
function piece(
  context: CanvasRenderingContext2D,
  side: number,
  stroke: Stroke,
  a: Point,
  c: Point,
  b: Point,
): void {
  let x = a.x;
  let y = a.y;
  for (let part = 1; part <= PARTS; part++) {
    const t = part / PARTS;
    const nextX = (1 - t) ** 2 * a.x + 2 * (1 - t) * t * c.x + t ** 2 * b.x;
    const nextY = (1 - t) ** 2 * a.y + 2 * (1 - t) * t * c.y + t ** 2 * b.y;
    context.lineWidth = lineWidth(stroke, a.pressure + (b.pressure - a.pressure) * t) * side;
    context.beginPath();
    context.moveTo(x * side, y * side);
    context.lineTo(nextX * side, nextY * side);
    context.stroke();
    x = nextX;
    y = nextY;
  }
}
