// What tabgrad's speed is held against: ratios within one run, on a machine of two cores.

import { ratio } from "./statistics.mjs";

/** @typedef {{ workload: string, what: string, system?: string, workers?: number, isolated?: boolean, measure?: string }} Wanted */

const ours = (workload, what, more = {}) => ({
  workload,
  what,
  system: "tabgrad",
  workers: 1,
  isolated: true,
  ...more,
});
const theirs = (workload, what, system, workers = 1) => ({ workload, what, system, workers });

const PYTORCH = "PyTorch";
const PATCHED = "TensorFlow.js patched";
const ORT = "ONNX Runtime Web";

/** How many times as good the first is to be as the second, at least. @type {[Wanted, Wanted, number][]} */
const ratios = [
  [ours("W1", "train"), theirs("W1", "train", PYTORCH), 1.5],
  [ours("W1", "train", { workers: 2 }), theirs("W1", "train", PYTORCH, 2), 1.8],
  [ours("W1", "train", { workers: 2 }), ours("W1", "train"), 1.85],
  [ours("W1", "train", { workers: 2, isolated: false }), ours("W1", "train"), 1.6],
  [ours("W2", "train"), theirs("W2", "train", PYTORCH), 1],
  [ours("W2", "train", { workers: 2 }), theirs("W2", "train", PYTORCH, 2), 1],
  [ours("W3", "train"), theirs("W3", "train", PYTORCH), 0.8],
  [ours("W3", "train"), theirs("W3", "train", PATCHED), 15],
  [ours("W5", "train"), theirs("W5", "train", PYTORCH), 0.4],
  [ours("W5", "train"), theirs("W5", "train", PATCHED), 25],
  [ours("W5", "infer"), theirs("W5", "infer", ORT), 1],
  [ours("W1", "infer"), theirs("W1", "infer", ORT), 2.5],
  [ours("W2", "infer"), theirs("W2", "infer", ORT), 3],
  [ours("W3", "infer"), theirs("W3", "infer", ORT), 2.5],
  [ours("W4", "infer"), theirs("W4", "infer", ORT), 2.5],
  [ours("W1", "latency", { measure: "computing" }), theirs("W1", "latency", ORT), 1],
  [ours("W2", "latency", { measure: "computing" }), theirs("W2", "latency", ORT), 1],
  [ours("W4", "latency", { measure: "computing" }), theirs("W4", "latency", ORT), 1],
];

/** The most that a measure of ours may be. @type {[Wanted, number][]} */
const limits = [
  [ours("W1", "load", { measure: "download" }), 90],
  [ours("W1", "load", { measure: "first prediction" }), 150],
  [ours("W1", "latency", { measure: "the way there" }), 1],
];

/**
 * The targets for which there are results.
 *
 * @param {object[]} results
 * @returns {{ title: string, head: string[], rows: string[][] }[]} a table, or none
 */
export function targetsOf(results) {
  const find = (wanted) =>
    results.find(
      (result) =>
        result.failed === undefined &&
        result.measure === wanted.measure &&
        Object.entries(wanted).every(([key, value]) => result[key] === value),
    );
  const rows = ratios.flatMap(([one, other, least]) => {
    const [ours, theirs] = [find(one), find(other)];
    if (!ours || !theirs) return [];
    const reached = ratio(ours, theirs);
    return [
      [nameOf(one), nameOf(other), `${reached.toFixed(2)}x`, `at least ${least}x`, verdict(reached >= least)],
    ];
  });
  for (const [wanted, most] of limits) {
    const result = find(wanted);
    if (!result) continue;
    const reached = `${result.median.toFixed(2)} ${result.unit}`;
    rows.push([nameOf(wanted), "", reached, `at most ${most}`, verdict(result.median <= most)]);
  }
  if (rows.length === 0) return [];
  return [{ title: "Targets", head: ["what", "against", "reached", "target", ""], rows }];
}

const verdict = (met) => (met ? "met" : "MISSED");

function nameOf({ workload, what, system, workers, isolated, measure }) {
  const detail = [measure, isolated === false ? "not isolated" : ""].filter(Boolean).join(", ");
  return `${workload} ${what} ${system} x${workers}${detail ? ` (${detail})` : ""}`;
}
