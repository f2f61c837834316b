import type { Augmentation } from "tabgrad";
import { percent } from "../shared/format";
import type { Look } from "../shared/look";

type Amount = Exclude<keyof Augmentation, "border">;

/** One way to change samples at random, as it is set on the page. */
export interface Change {
  key: Amount;
  name: string;
  most: number;
  step: number;
  /** Colours have three channels. */
  colors?: boolean;
  /** An amount above 0, in words. */
  words: (amount: number) => string;
}

const times = (amount: number) => `${percent(amount).replace(".0%", "%")} of the time`;
const share = (amount: number) => `up to ±${percent(amount).replace(".0%", "%")}`;
const pixels = (amount: number) => `up to ${amount} px`;
const degrees = (amount: number) => `up to ±${amount}°`;

/** Changes that belong together; of pictures or sounds only, where it says so. */
export interface Group {
  name: string;
  of?: "pictures" | "sounds";
  changes: readonly Change[];
}

/** The group of what makes one sample of two. */
export const MIXING = "Mixing with other samples";

export const groups: readonly Group[] = [
  {
    name: "Place",
    of: "pictures",
    changes: [
      { key: "flipHorizontal", name: "Flip left and right", most: 1, step: 0.05, words: times },
      { key: "flipVertical", name: "Flip top and bottom", most: 1, step: 0.05, words: times },
      { key: "crop", name: "Crop after padding", most: 16, step: 1, words: (n) => `${n} px on each side` },
      { key: "shift", name: "Shift", most: 16, step: 0.5, words: pixels },
      { key: "rotation", name: "Rotate", most: 180, step: 1, words: degrees },
      { key: "scale", name: "Zoom", most: 0.5, step: 0.01, words: share },
      { key: "shear", name: "Shear", most: 1, step: 0.05, words: (n) => `up to ±${n} px a row` },
      {
        key: "aspect",
        name: "Stretch",
        most: 1,
        step: 0.05,
        words: (n) => `up to × ${Math.exp(n).toFixed(2)}`,
      },
      { key: "elastic", name: "Elastic", most: 8, step: 0.2, words: (n) => `${n} px deviation` },
    ],
  },
  {
    name: "Strokes and colours",
    of: "pictures",
    changes: [
      { key: "thickness", name: "Thicker or thinner strokes", most: 1, step: 0.05, words: times },
      { key: "brightness", name: "Brightness", most: 1, step: 0.05, words: share },
      { key: "contrast", name: "Contrast", most: 1, step: 0.05, words: share },
      { key: "saturation", name: "Saturation", most: 1, step: 0.05, colors: true, words: share },
      { key: "hue", name: "Hue", most: 180, step: 5, colors: true, words: degrees },
      { key: "noise", name: "Noise", most: 0.5, step: 0.01, words: (n) => `${percent(n)} of white` },
      { key: "cutout", name: "Cut out a square", most: 32, step: 1, words: (n) => `${n} × ${n} px` },
    ],
  },
  {
    name: "Sound",
    of: "sounds",
    changes: [
      {
        key: "gain",
        name: "Louder or softer",
        most: 20,
        step: 1,
        words: (n) => `up to ±${n} dB`,
      },
      { key: "timeShift", name: "Earlier or later", most: 64, step: 1, words: (n) => `up to ±${n} frames` },
      { key: "timeMasks", name: "Gaps in time", most: 4, step: 1, words: (n) => `${n} of them` },
      { key: "timeMask", name: "Length of a gap", most: 64, step: 1, words: (n) => `up to ${n} frames` },
      { key: "frequencyMasks", name: "Missing tones", most: 4, step: 1, words: (n) => `${n} times` },
      {
        key: "frequencyMask",
        name: "Width of what is missing",
        most: 32,
        step: 1,
        words: (n) => `up to ${n} bands`,
      },
    ],
  },
  {
    name: MIXING,
    changes: [
      { key: "mixup", name: "Mixup", most: 2, step: 0.1, words: (n) => `alpha ${n}` },
      { key: "cutmix", name: "CutMix", most: 2, step: 0.1, words: (n) => `alpha ${n}` },
    ],
  },
];

/** Sets to begin with. Handwriting is what the engine's own recipe for digits uses. */
export const presets: readonly { name: string; of?: Group["of"]; augmentation: Augmentation }[] = [
  { name: "None", augmentation: {} },
  {
    name: "Handwriting",
    of: "pictures",
    augmentation: {
      rotation: 15,
      scale: 0.15,
      shear: 0.2,
      aspect: 0.1,
      shift: 1.5,
      elastic: 0.8,
      thickness: 0.6,
    },
  },
  {
    name: "Photos",
    of: "pictures",
    augmentation: { flipHorizontal: 0.5, crop: 4, border: "reflect", brightness: 0.2, contrast: 0.2 },
  },
  {
    name: "Recordings",
    of: "sounds",
    augmentation: { gain: 6, timeShift: 8, timeMasks: 1, timeMask: 8, frequencyMasks: 1, frequencyMask: 8 },
  },
];

/** Whether it is for samples that look so. */
export function isFor({ of }: { of?: Group["of"] }, look: Look): boolean {
  return of === undefined || of === look;
}

/** What is changed, in words: "Rotate up to ±15°, shift up to 2 px"; empty for nothing. */
export function summary(augmentation: Augmentation): string {
  const parts = groups
    .flatMap(({ changes }) => changes)
    .filter(({ key }) => (augmentation[key] ?? 0) > 0)
    .map(({ key, name, words }) => `${name.toLowerCase()} ${words(augmentation[key] as number)}`);
  const text = parts.join(", ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Without what changes nothing, so that it is empty if nothing is changed. */
export function withAmount(augmentation: Augmentation, key: Amount, amount: number): Augmentation {
  const { [key]: _, ...rest } = augmentation;
  return amount > 0 ? { ...rest, [key]: amount } : rest;
}
