// What comes before the work: bytes to download, the time from a cold load to the first prediction, the first
// step of training, and the memory that the work takes.

import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { disturbs, watchCores } from "./cores.mjs";
import { launchChromium, openPage, openSystem, rendererMemory } from "./hosts.mjs";
import { BATCH, failed, identify } from "./measure.mjs";
import { say } from "./report.mjs";
import { summaryOf } from "./statistics.mjs";

/** Seconds of training, or of predicting where a system cannot train, before memory is read. */
const WORK_SECONDS = 1;

/**
 * @param {import("./workloads.mjs").Workload} workload
 * @param {import("./measure.mjs").System[]} chosen
 * @param {{ rounds: number }} how
 * @param {{ files: { path: string, url: string }, server: any }} where files of a workload of one batch
 * @returns {Promise<object[]>} results
 */
export async function measureLoading(workload, chosen, { rounds }, { files, server }) {
  const measured = chosen.filter(({ workers, system }) => workers === 1 && system !== "tabgrad in Node");
  const visits = new Map(measured.map((system) => [system, []]));
  const errors = new Map();
  for (let round = 1; round <= rounds; round++) {
    say(`${workload.name} load: round ${round} of ${rounds}`);
    for (const system of measured) {
      if (errors.has(system)) continue;
      try {
        const visit = system.bundle
          ? await visitPage(workload, system, files, server)
          : await visitProcess(workload, system, files, server);
        visits.get(system).push(visit);
      } catch (error) {
        errors.set(system, error);
      }
    }
  }
  const empty = measured.some(({ bundle }) => bundle) ? await emptyPage(workload, server) : [];
  const results = measured.flatMap((system) =>
    errors.has(system)
      ? failed(workload, system, ["load"], errors.get(system))
      : resultsOf(workload, system, visits.get(system)),
  );
  return [...results, ...empty];
}

/** The memory of a page that does nothing, which is in all pages' figures. */
async function emptyPage(workload, server) {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`${server.address}/empty/`);
    const values = [await rendererMemory(browser, "VmHWM")].filter((value) => value !== undefined);
    if (values.length === 0) return [];
    const result = {
      ...identify(workload, { system: "an empty page", workers: 0 }, "load"),
      measure: "peak memory",
    };
    return [{ ...result, ...summaryOf(values), unit: "MB", values }];
  } finally {
    await browser.close();
  }
}

const units = {
  download: "KB gzip",
  "first prediction": "ms",
  "first step": "ms",
  "peak memory": "MB",
};

function resultsOf(workload, system, visits) {
  const disturbed = visits.filter((visit) => visit.disturbed).length;
  return Object.entries(units).flatMap(([measure, unit]) => {
    const values = visits.flatMap((visit) => visit[measure] ?? []);
    if (values.length === 0) return [];
    const name = identify(workload, system, measure === "first step" ? "train" : "load");
    const result = { ...name, what: "load", measure, ...summaryOf(values), unit, values };
    return [disturbed > 0 && unit === "ms" ? { ...result, disturbed } : result];
  });
}

/** A visit with an empty cache, in a browser of its own, whose memory is then this page's. */
async function visitPage(workload, system, files, server) {
  const browser = await launchChromium();
  try {
    server.served.clear();
    const others = watchCores();
    const visit = { url: files.url, workers: system.workers };
    const host = await openPage(browser, server.address, { ...system, system: system.bundle, visit });
    const first = await host.page.evaluate(() => globalThis.visit);
    const code = [...server.served].filter(([path]) => path.startsWith("/systems/")).map(([, file]) => file);
    const bytes = code.reduce((sum, file) => sum + gzipSync(readFileSync(file), { level: 9 }).length, 0);
    const step = workload.trains && system.trains ? await timeOf(() => host.call("loss", 0)) : undefined;
    await host.call(step === undefined ? "infer" : "train", WORK_SECONDS);
    return {
      download: bytes / 1000,
      "first prediction": first,
      "first step": step,
      "peak memory": await rendererMemory(browser, "VmHWM"),
      disturbed: disturbs(others()),
    };
  } finally {
    await browser.close();
  }
}

/** The same of a process: from its start. Nothing is downloaded. */
async function visitProcess(workload, system, files, server) {
  const others = watchCores();
  const begun = performance.now();
  const host = await openSystem(system, { files, address: server.address, batch: BATCH });
  try {
    await host.call("outputs", 1);
    const first = performance.now() - begun;
    const step = workload.trains ? await timeOf(() => host.call("loss", 0)) : undefined;
    await host.call(step === undefined ? "infer" : "train", WORK_SECONDS);
    return {
      "first prediction": first,
      "first step": step,
      "peak memory": (await host.call("memory")) / 1e6,
      disturbed: disturbs(others()),
    };
  } finally {
    await host.close();
  }
}

async function timeOf(action) {
  const begun = performance.now();
  await action();
  return performance.now() - begun;
}
