/** By what the data of a run are known again, so that it does not go on with others. */
import { TabgradError } from "../../errors.js";
import type { Dataset as WasmDataset } from "../../generated/tabgrad.js";
import type { Fingerprint, RunData } from "../store/runs.js";
import { checksum } from "./checksum.js";

/** The most samples that are looked at wherever they are, spread evenly over all. */
const MOST = 256;
/** How many are looked at together: those of large pictures take their memory while they are. */
const TOGETHER = 16;

/** By what these samples are known again. */
export function fingerprintOf(dataset: WasmDataset): Fingerprint {
  const samples = dataset.length;
  const count = Math.min(samples, MOST);
  const chosen = Uint32Array.from({ length: count }, (_, at) => Math.floor((at * samples) / count));
  const sums = [`${samples} ${JSON.stringify(dataset.classNames())}`];
  for (let from = 0; from < count; from += TOGETHER) {
    sums.push(...sumsOf(dataset, chosen.subarray(from, from + TOGETHER)));
  }
  const inputs = dataset.inputsChecksum();
  return {
    samples,
    sum: checksum(new TextEncoder().encode(sums.join("\n"))),
    answers: digits(dataset.answersChecksum()),
    ...(inputs === undefined ? {} : { inputs: digits(inputs) }),
  };
}

const digits = (sum: bigint) => sum.toString(16).padStart(16, "0");

/** The shapes and checksums of some samples, their targets and weights. */
function sumsOf(dataset: WasmDataset, chosen: Uint32Array): string[] {
  const some = dataset.subset(chosen);
  try {
    const { inputs, inputNames, targets, outputNames, sampleWeight } = some.parts();
    const arrays = [
      ...inputs,
      ...targets.map(({ classes, dense }) => (classes ? { data: classes, shape: [] } : dense)),
      sampleWeight && { data: sampleWeight, shape: [] },
    ];
    const names = JSON.stringify([inputNames, outputNames]);
    return [names, ...arrays.map((array) => (array ? `${array.shape} ${bytesSum(array.data)}` : "none"))];
  } finally {
    some.free();
  }
}

function bytesSum({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return checksum(new Uint8Array(buffer, byteOffset, byteLength));
}

/** Refuses (code "data") other data than those that a run was kept with, as far as that is known of it. */
export function requireSame(
  what: keyof RunData,
  found: Fingerprint | undefined,
  kept: RunData | undefined,
): void {
  // Runs of before know nothing of their data.
  if (!kept) return;
  const expected = kept[what];
  if (isSame(found, expected)) return;
  const words = what === "train" ? "training" : "validation";
  throw new TabgradError(
    "data",
    `backup: the ${words} data are others than those of the run that is kept under this name: found ${said(found)}, expected ${said(expected)}. Give fit the same data to go on, remove the run by removeRun to begin anew, or choose another name.`,
  );
}

function isSame(found: Fingerprint | undefined, expected: Fingerprint | undefined): boolean {
  if (!found || !expected) return found === expected;
  // What one of them does not know says nothing: a run of before, or samples that were in memory and are stored now.
  const agree = (what: "answers" | "inputs") =>
    found[what] === undefined || expected[what] === undefined || found[what] === expected[what];
  return (
    found.samples === expected.samples && found.sum === expected.sum && agree("answers") && agree("inputs")
  );
}

function said(fingerprint: Fingerprint | undefined): string {
  if (!fingerprint) return "none";
  const { samples, sum, answers, inputs } = fingerprint;
  return `${samples} samples with the checksum ${[sum, answers, inputs].filter(Boolean).join("-")}`;
}
