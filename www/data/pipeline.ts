import type { Preprocessing } from "tabgrad";

/** A step while it is edited: any values, which the engine checks. */
export interface Step {
  type: string;
  [attribute: string]: unknown;
}

/** Which part of a preprocessing a step belongs to: pictures become samples, then samples become numbers. */
export type Stage = "image" | "numeric";

interface FieldBase {
  key: string;
  name: string;
}
export type Field = FieldBase &
  (
    | { kind: "number" }
    /** One number, or one for each channel. */
    | { kind: "numbers" }
    | { kind: "choice"; choices: Record<string, string> }
  );

/** A kind of step, as the page offers it. */
export interface StepKind {
  type: string;
  stage: Stage;
  name: string;
  about: string;
  fields: readonly Field[];
  /** With what it is added. */
  initial: Omit<Step, "type">;
}

const number = (key: string, name: string): Field => ({ key, name, kind: "number" });

export const kinds: readonly StepKind[] = [
  {
    type: "grayscale",
    stage: "image",
    name: "Grey",
    about: "One channel, by the brightness of each colour.",
    fields: [],
    initial: {},
  },
  {
    type: "rgb",
    stage: "image",
    name: "Colour",
    about: "Three channels; grey pictures get three that are alike.",
    fields: [],
    initial: {},
  },
  {
    type: "invertIfDarkOnLight",
    stage: "image",
    name: "Invert dark on light",
    about: "Makes dark ink on light paper bright on black; other pictures stay.",
    fields: [],
    initial: {},
  },
  {
    type: "centerOfMass",
    stage: "image",
    name: "Centre the ink",
    about: "Scales the ink to a box and puts its centre of mass in the middle, as MNIST did.",
    fields: [number("box", "Box, px"), number("size", "Size, px")],
    initial: { box: 20, size: 28 },
  },
  {
    type: "crop",
    stage: "image",
    name: "Crop",
    about: "The middle of the picture; what lies outside of it is black.",
    fields: [number("height", "Height, px"), number("width", "Width, px")],
    initial: { height: 24, width: 24 },
  },
  {
    type: "pad",
    stage: "image",
    name: "Pad",
    about: "Room around the picture up to this size; larger ones stay.",
    fields: [number("height", "Height, px"), number("width", "Width, px"), number("value", "Grey, 0 to 255")],
    initial: { height: 32, width: 32, value: 0 },
  },
  {
    type: "median",
    stage: "image",
    name: "Median",
    about: "Takes away single wrong pixels: each becomes the median of a square around it.",
    fields: [number("size", "Square, px")],
    initial: { size: 3 },
  },
  {
    type: "gaussian",
    stage: "image",
    name: "Blur",
    about: "A mean whose weights fall off with the distance.",
    fields: [number("sigma", "Deviation, px")],
    initial: { sigma: 1 },
  },
  {
    type: "resize",
    stage: "image",
    name: "Resize",
    about: "Another size.",
    fields: [
      number("height", "Height, px"),
      number("width", "Width, px"),
      {
        key: "fit",
        name: "Another aspect",
        kind: "choice",
        choices: { stretch: "is stretched", contain: "is kept, on black", cover: "is kept, cut off" },
      },
      {
        key: "filter",
        name: "Filter",
        kind: "choice",
        choices: {
          area: "area",
          nearest: "nearest pixel",
          bilinear: "bilinear",
          bicubic: "bicubic",
          lanczos3: "Lanczos",
        },
      },
    ],
    initial: { height: 32, width: 32, fit: "contain" },
  },
  {
    type: "scale",
    stage: "numeric",
    name: "Scale",
    about: "Values times a factor: 0.00392 makes 0 to 1 of bytes.",
    fields: [number("factor", "Factor")],
    initial: { factor: 1 / 255 },
  },
  {
    type: "normalize",
    stage: "numeric",
    name: "Normalise",
    about: "Less a mean, in units of a standard deviation.",
    fields: [
      { key: "mean", name: "Mean", kind: "numbers" },
      { key: "std", name: "Deviation", kind: "numbers" },
    ],
    initial: { mean: [0.5], std: [0.5] },
  },
];

export const kindOf = (step: Step) => kinds.find(({ type }) => type === step.type);
export const nameOf = (step: Step) => kindOf(step)?.name ?? step.type;

/** The steps of a stage. */
export function stepsOf(pipeline: Preprocessing, stage: Stage): readonly Step[] {
  return (pipeline[stage] ?? []) as unknown as readonly Step[];
}

export function withSteps(pipeline: Preprocessing, stage: Stage, steps: readonly Step[]): Preprocessing {
  return { ...pipeline, [stage]: steps } as Preprocessing;
}

/** The step at `from` put to `to`. */
export function moved(steps: readonly Step[], from: number, to: number): Step[] {
  const rest = steps.filter((_, i) => i !== from);
  return [...rest.slice(0, to), steps[from] as Step, ...rest.slice(to)];
}

/** What a step is set to, in short: "32 px × 32 px, is kept". */
export function settingsOf(step: Step): string {
  return (kindOf(step)?.fields ?? [])
    .map((field) => {
      const value = step[field.key];
      if (field.kind === "choice") return field.choices[String(value)] ?? "";
      const text = Array.isArray(value) ? value.map(short).join(" ") : short(value);
      return `${field.name.replace(", px", "").toLowerCase()} ${text}`;
    })
    .filter(Boolean)
    .join(", ");
}

function short(value: unknown): string {
  return typeof value === "number" ? String(Number(value.toPrecision(4))) : String(value ?? "");
}

/** `x * factor + offset` for each channel: what scale and normalise come to together. */
export function affineOf(steps: readonly Step[], channels: number): { factor: number; offset: number }[] {
  const at = (values: unknown, channel: number) =>
    Number((values as number[])[(values as number[]).length === 1 ? 0 : channel]);
  return Array.from({ length: channels }, (_, channel) => {
    let [factor, offset] = [1, 0];
    for (const step of steps) {
      if (step.type === "scale") {
        factor *= Number(step.factor);
        offset *= Number(step.factor);
      } else if (step.type === "normalize") {
        const [mean, std] = [at(step.mean, channel), at(step.std, channel)];
        factor /= std;
        offset = (offset - mean) / std;
      }
    }
    return { factor, offset };
  });
}

/** Sums over samples, for the mean and the standard deviation of each channel. */
export class Statistics {
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;
  #count = 0;

  constructor(channels: number) {
    this.#sums = new Float64Array(channels);
    this.#squares = new Float64Array(channels);
  }

  add(values: ArrayLike<number>): void {
    const channels = this.#sums.length;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      this.#sums[i % channels] = (this.#sums[i % channels] as number) + value;
      this.#squares[i % channels] = (this.#squares[i % channels] as number) + value * value;
    }
    this.#count += values.length / channels;
  }

  /** After `factor` and `offset` of each channel; a channel that is constant has a deviation of 1. */
  after(affine: readonly { factor: number; offset: number }[]): { mean: number[]; std: number[] } {
    const mean: number[] = [];
    const std: number[] = [];
    affine.forEach(({ factor, offset }, channel) => {
      const middle = (this.#sums[channel] as number) / this.#count;
      const variance = (this.#squares[channel] as number) / this.#count - middle * middle;
      const deviation = Math.sqrt(Math.max(0, variance)) * Math.abs(factor);
      mean.push(rounded(middle * factor + offset));
      std.push(deviation > 0 ? rounded(deviation) : 1);
    });
    return { mean, std };
  }
}

/** Six digits: what f32 keeps, and what one can read. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
