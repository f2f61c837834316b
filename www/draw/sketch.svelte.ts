import { drawAll, drawStroke, finishStroke, type Point, type Stroke } from "./ink";

/** Side of the picture handed to the model; it is scaled down from here by the preparation. */
const SIDE = 280;

const storagePrefix = "tabgrad.sketch.";

/**
 * What is on a pad. Strokes are kept so that they can be undone and redrawn in any
 * size and colour; beside the visible canvas a white-on-black picture is drawn for the
 * model. `version` grows with every change of ink.
 */
export class Sketch {
  strokes = $state.raw<Stroke[]>([]);
  version = $state(0);
  tool = $state<Stroke["kind"]>("pen");
  #current: Stroke | undefined;
  #picture: CanvasRenderingContext2D;

  #key: string | undefined;

  /** With a `name`, the drawing survives a reload. */
  constructor(name?: string) {
    this.#key = name === undefined ? undefined : storagePrefix + name;
    const canvas = document.createElement("canvas");
    canvas.width = SIDE;
    canvas.height = SIDE;
    this.#picture = canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
    this.strokes = this.#key === undefined ? [] : restore(this.#key);
    this.#repaint();
  }

  get empty(): boolean {
    return !this.strokes.some((stroke) => stroke.kind === "pen");
  }

  begin(point: Point): Stroke {
    this.#current = { kind: this.tool, points: [point] };
    this.strokes = [...this.strokes, this.#current];
    this.#picture.fillStyle = this.#picture.strokeStyle = "#fff";
    drawStroke(this.#picture, SIDE, this.#current, 0);
    this.version += 1;
    return this.#current;
  }

  extend(points: readonly Point[]): void {
    const stroke = this.#current;
    if (!stroke || points.length === 0) return;
    const from = stroke.points.length;
    stroke.points.push(...points);
    drawStroke(this.#picture, SIDE, stroke, from);
    this.version += 1;
  }

  end(): void {
    if (!this.#current) return;
    finishStroke(this.#picture, SIDE, this.#current);
    this.#current = undefined;
    this.version += 1;
    this.#keep();
  }

  undo(): void {
    this.#set(this.strokes.slice(0, -1));
  }

  clear(): void {
    this.#set([]);
    this.tool = "pen";
  }

  /** White ink on black, opaque. */
  picture(): ImageData {
    const image = this.#picture.getImageData(0, 0, SIDE, SIDE);
    const { data } = image;
    for (let i = 0; i < data.length; i += 4) {
      data[i] = data[i + 1] = data[i + 2] = data[i + 3] as number;
      data[i + 3] = 255;
    }
    return image;
  }

  #set(strokes: Stroke[]): void {
    this.#current = undefined;
    this.strokes = strokes;
    this.#repaint();
    this.version += 1;
    this.#keep();
  }

  #repaint(): void {
    this.#picture.globalCompositeOperation = "source-over";
    this.#picture.clearRect(0, 0, SIDE, SIDE);
    this.#picture.fillStyle = this.#picture.strokeStyle = "#fff";
    drawAll(this.#picture, SIDE, this.strokes);
  }

  #keep(): void {
    if (this.#key === undefined) return;
    try {
      sessionStorage.setItem(this.#key, JSON.stringify(this.strokes));
    } catch {
      // Refused or full: the drawing is lost at a reload, nothing else.
    }
  }
}

function restore(key: string): Stroke[] {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    return Array.isArray(stored) && stored.every(isStroke) ? stored : [];
  } catch {
    return [];
  }
}

function isStroke(value: unknown): value is Stroke {
  const stroke = value as Stroke;
  return (
    (stroke?.kind === "pen" || stroke?.kind === "eraser") &&
    Array.isArray(stroke.points) &&
    stroke.points.every((p) => [p?.x, p?.y, p?.pressure].every(Number.isFinite))
  );
}
