/** As what numbers pictures are given to networks of other systems, whose files do not say it. */
import type { Model } from "tabgrad";
import { takesPictures } from "../takes";

type Steps = NonNullable<NonNullable<Model["preprocessing"]>["numeric"]>;

/** One of the usual ways. */
export interface Pixels {
  name: string;
  steps: Steps;
  /** How many channels pictures must have. */
  channels?: number;
}

const BYTE = 1 / 255;

/** The usual ways; the last one is that of torchvision's networks. */
export const PIXELS: readonly Pixels[] = [
  { name: "0 to 1", steps: [] },
  { name: "0 to 255", steps: [{ type: "scale", factor: 1 }] },
  {
    name: "−1 to 1",
    steps: [
      { type: "scale", factor: 2 * BYTE },
      { type: "normalize", mean: [1], std: [1] },
    ],
  },
  {
    name: "normalised for ImageNet, as by PyTorch",
    steps: [
      { type: "scale", factor: BYTE },
      { type: "normalize", mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    ],
    channels: 3,
  },
];

/** The ways that a model's pictures can be given. */
export function pixelsFor({ spec }: Pick<Model, "spec">): Pixels[] {
  const channels = spec.inputs[0]?.shape[2] ?? 1;
  return PIXELS.filter((pixels) => pixels.channels === undefined || pixels.channels === channels);
}

/** The way that its pictures are given, if it takes pictures and that is a usual one. */
export function pixelsOf(model: Pick<Model, "spec" | "preprocessing">): Pixels | undefined {
  if (!takesPictures(model)) return undefined;
  const steps = JSON.stringify(rounded(model.preprocessing?.numeric ?? []));
  return pixelsFor(model).find((pixels) => JSON.stringify(rounded(pixels.steps)) === steps);
}

/** As single precision keeps them. */
function rounded(steps: Steps): unknown {
  return steps.map((step) =>
    step.type === "scale"
      ? [Math.fround(step.factor)]
      : [Array.from(step.mean, Math.fround), Array.from(step.std, Math.fround)],
  );
}
