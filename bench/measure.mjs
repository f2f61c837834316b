// Measures a workload on several systems: opens them all, checks that they compute the same function, and then
// times them in turn, window by window, so that what disturbs the machine disturbs all alike.

import { disturbs, idleShare, watchCores } from "./cores.mjs";
import { openSystem } from "./hosts.mjs";
import { percent, say } from "./report.mjs";
import { summaryOf } from "./statistics.mjs";

export const BATCH = 64;

/** Predictions may differ by this much, losses by this share. */
const TOLERANCE = 1e-3;

/** Steps of training whose losses are compared. */
const STEPS = 3;

/** Milliseconds after which a system's turn ends that takes longer than its window. */
const PATIENCE = 4000;

/**
 * @typedef {object} System
 * @property {string} system the name in results
 * @property {number} workers
 * @property {boolean} [isolated] of a page: whether it is cross-origin isolated
 * @property {string} [bundle] of a page: which of the bundles it loads
 * @property {boolean} [trains]
 * @property {boolean} [extra] left out of a quick run, unless it is asked for
 * @property {string} [trainsAs] the name in results of training, where that is not the system as it is
 */

/** All systems. @type {System[]} */
export const systems = [
  { system: "tabgrad", workers: 1, isolated: true, bundle: "tabgrad", trains: true },
  { system: "tabgrad", workers: 2, isolated: true, bundle: "tabgrad", trains: true },
  { system: "tabgrad", workers: 2, isolated: false, bundle: "tabgrad", trains: true },
  { system: "tabgrad in Node", workers: 1, trains: true, extra: true },
  { system: "tabgrad in Node", workers: 2, trains: true, extra: true },
  { system: "ONNX Runtime Web", workers: 1, isolated: true, bundle: "ort" },
  { system: "ONNX Runtime Web", workers: 2, isolated: true, bundle: "ort", extra: true },
  {
    system: "TensorFlow.js",
    workers: 1,
    isolated: false,
    bundle: "tfjs",
    trains: true,
    trainsAs: "TensorFlow.js patched",
  },
  { system: "jax-js", workers: 1, isolated: false, bundle: "jax", trains: true },
  { system: "jax-js", workers: 2, isolated: true, bundle: "jax", trains: true, extra: true },
  { system: "PyTorch", workers: 1, trains: true },
  { system: "PyTorch", workers: 2, trains: true },
];

/** What is timed, in order. `latency` is of one image; `computing` the part of it that is not the way there. */
const measures = {
  infer: { method: "infer", what: "infer", unit: "images/s" },
  latency: { method: "latency", what: "latency", unit: "ms" },
  computing: { method: "computing", what: "latency", unit: "ms" },
  train: { method: "train", what: "train", unit: "images/s" },
};

/**
 * @param {import("./workloads.mjs").Workload} workload
 * @param {System[]} chosen
 * @param {{ what: string[], rounds: number, seconds: number }} how
 * @param {{ files: { path: string, url: string }, browser: any, address: string }} where
 * @returns {Promise<object[]>} results
 */
export async function measureWorkload(workload, chosen, how, where) {
  const results = [];
  const opened = [];
  const working = how.what.filter((what) => what !== "load");
  try {
    for (const system of chosen) {
      say(`${workload.name}: opening ${nameOf(system)}`);
      await openSystem(system, { ...where, batch: BATCH }).then(
        (host) => opened.push({ ...system, host, failures: {} }),
        (error) => results.push(...failed(workload, system, working, error)),
      );
    }
    await compareOutputs(opened);
    if (workload.trains && how.what.includes("train")) await compareLosses(opened);
    const idle = await idleShare(0.5);
    if (idle < 0.95)
      say(`${workload.name}: ${percent(1 - idle)} of the cores are busy while nothing is measured.`);
    for (const [measure, { what }] of Object.entries(measures)) {
      if (!how.what.includes(what)) continue;
      const able = opened.filter((system) => canDo(system, measure, workload));
      const left = able.filter((system) => !system.failures[what] && !system.failures.all);
      for (const system of able) {
        if (left.includes(system) || measure === "computing") continue;
        const reason = new Error(system.failures.all ?? system.failures[what]);
        results.push(...failed(workload, system, [what], reason));
      }
      results.push(...(await time(workload, measure, left, how)));
    }
    results.push(...wayThere(results));
  } finally {
    await Promise.all(opened.map(({ host }) => host.close().catch(() => {})));
  }
  return results;
}

/** What of a latency is not computing: the way to the worker and back. */
function wayThere(results) {
  return results.flatMap((computing) => {
    if (computing.measure !== "computing" || computing.failed !== undefined) return [];
    const whole = results.find(
      ({ what, measure, failed, system, workers }) =>
        what === "latency" &&
        measure === undefined &&
        failed === undefined &&
        system === computing.system &&
        workers === computing.workers,
    );
    if (whole?.values.length !== computing.values.length) return [];
    const values = whole.values.map((value, round) => value - computing.values[round]);
    return [{ ...computing, measure: "the way there", ...summaryOf(values), values }];
  });
}

function canDo(system, measure, workload) {
  if (measure === "train") return Boolean(system.trains && workload.trains);
  if (measure === "computing") return system.system === "tabgrad" && system.workers === 1;
  // tabgrad does not divide one image among workers.
  if (measure === "latency") return system.workers === 1 || !system.system.startsWith("tabgrad");
  return true;
}

/** Every system's predictions against the first one's that has any. */
async function compareOutputs(opened) {
  let expected;
  for (const system of opened) {
    try {
      const outputs = await system.host.call("outputs", BATCH);
      expected ??= outputs;
      const difference = largest(outputs, (value, i) => Math.abs(value - expected[i]));
      if (outputs.length !== expected.length || !(difference <= TOLERANCE))
        system.failures.all = `its predictions differ by up to ${difference}`;
    } catch (error) {
      system.failures.all = reasonOf(error);
    }
  }
}

/** The losses of the first steps, likewise; of fewer where steps are slow. */
async function compareLosses(opened) {
  const expected = [];
  for (const system of opened.filter(({ trains, failures }) => trains && !failures.all)) {
    try {
      const begun = performance.now();
      for (let step = 0; step < STEPS && performance.now() - begun < PATIENCE; step++) {
        const loss = await system.host.call("loss", step);
        expected[step] ??= loss;
        if (!(Math.abs(loss / expected[step] - 1) <= TOLERANCE))
          throw new Error(`its loss in step ${step} is ${loss}, expected ${expected[step]}`);
      }
    } catch (error) {
      system.failures.train = reasonOf(error);
    }
  }
}

const largest = (values, of) => values.reduce((most, value, i) => Math.max(most, of(value, i)), 0);

/** Times one measure in rounds of one window a system. */
async function time(workload, measure, chosen, { rounds, seconds }) {
  const { method, what, unit } = measures[measure];
  const timings = chosen.map((system) => ({ system, values: [], disturbed: 0, error: undefined }));
  // Round 0 warms up.
  for (let round = 0; round <= rounds; round++) {
    say(`${workload.name} ${measure}: round ${round} of ${rounds}`);
    for (const timing of timings) {
      if (timing.error || timing.done) continue;
      try {
        const others = watchCores();
        const { count, seconds: passed } = await timing.system.host.call(method, seconds);
        // One that is so slow is not asked again.
        if (round === 0 && passed * 1000 < PATIENCE) continue;
        timing.done = round === 0;
        if (disturbs(others())) timing.disturbed++;
        timing.values.push(unit === "ms" ? (passed * 1000) / count : count / passed);
      } catch (error) {
        timing.error = error;
      }
    }
  }
  return timings.flatMap(({ system, values, disturbed, error }) => {
    if (error) return failed(workload, system, [what], error);
    const result = { ...identify(workload, system, what), ...(measure === what ? {} : { measure }) };
    return [{ ...result, ...summaryOf(values), unit, values, ...(disturbed > 0 ? { disturbed } : {}) }];
  });
}

/** The part of a result that says what it is of. */
export function identify(workload, { system, trainsAs, workers, isolated }, what) {
  const name = what === "train" ? (trainsAs ?? system) : system;
  return {
    workload: workload.name,
    what,
    system: name,
    workers,
    ...(isolated === undefined ? {} : { isolated }),
  };
}

/** Results that say why there are none. */
export function failed(workload, system, what, error) {
  const possible = what.filter((one) => one !== "train" || (system.trains && workload.trains));
  say(`${workload.name}: ${nameOf(system)} failed: ${reasonOf(error)}`);
  return possible.map((one) => ({ ...identify(workload, system, one), failed: reasonOf(error) }));
}

/** The first line of an error, without what Playwright puts before it. */
function reasonOf(error) {
  const [line] = String(error?.message ?? error).split("\n");
  return line.replace(/^page\.(evaluate|goto): /, "");
}

export function nameOf({ system, workers, isolated }) {
  const place = isolated === false && system === "tabgrad" ? ", not isolated" : "";
  return `${system}, ${workers} ${workers === 1 ? "worker" : "workers"}${place}`;
}
