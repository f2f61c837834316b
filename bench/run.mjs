// npm run bench: tabgrad's speed beside its peers', in Chromium and natively.
//   npm run bench                          all workloads and systems
//   npm run bench -- --quick               most of it in five minutes, with shorter windows
//   npm run bench -- W1 W3 --what train    some of it; --system tabgrad --system PyTorch likewise
//   npm run bench -- --json FILE           also a JSON line a measurement
//   npm run bench -- --markdown            tables for docs/benchmarks.md; with --from FILE those of an earlier run
//   npm run bench -- kernels               the kernels alone
//   npm run bench -- pooled                convolutions and the max-poolings behind them, apart and as one
//   npm run bench -- tables                tables from a CSV file to a network's numbers
//   npm run bench -- scaling               batch, workers and channels
//   npm run bench -- parallel              two workers beside two pages of one worker at once
//   npm run bench -- fit                   MNIST to its accuracy
//   npm run bench -- overhead              what fit and its reports cost beside the engine's bare steps
//   npm run bench -- page                  what a visitor of the page waits for
//   npm run bench -- mnist                 from a click on the page's Train button to 99.0%
//   npm run bench -- data                  how long files take to become a dataset, and training from it
//   npm run bench -- augmentation          epochs with random changes beside epochs without
//   npm run bench -- recipes               what the presets reach on real data
//   npm run bench -- soak                  memory in an hour of training, saving, exporting and importing

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { build } from "../scripts/build.mjs";
import { install } from "../scripts/install.mjs";
import { run } from "../scripts/process.mjs";

/** What is measured by a program of its own. */
const apart = [
  "kernels",
  "pooled",
  "tables",
  "scaling",
  "parallel",
  "fit",
  "overhead",
  "page",
  "mnist",
  "data",
  "augmentation",
  "recipes",
  "soak",
];

/** Of that, what cargo builds for itself. */
const ofEngine = ["kernels", "pooled", "tables"];

const [first, ...rest] = process.argv.slice(2);
await install();
if (first !== undefined && apart.includes(first)) {
  if (!ofEngine.includes(first)) await build();
  await run("node", [`bench/${first}.mjs`, ...rest]);
} else {
  await peers();
}

async function peers() {
  // Imported only now: they need what has just been installed.
  const report = await import("./report.mjs");
  const { targetsOf } = await import("./targets.mjs");
  const { say } = report;
  const { values: options, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
      json: { type: "string" },
      from: { type: "string" },
      system: { type: "string", multiple: true, default: [] },
      what: { type: "string", multiple: true, default: ["load", "infer", "latency", "train"] },
      rounds: { type: "string" },
      seconds: { type: "string" },
    },
  });
  const print = (results) => {
    const tables = [...report.tablesOf(results), ...targetsOf(results)];
    if (!options.markdown) return report.printTables(tables);
    console.log(report.machine());
    report.printMarkdown(tables);
  };
  if (options.from !== undefined) {
    const lines = readFileSync(options.from, "utf8").trim().split("\n");
    return print(lines.map((line) => JSON.parse(line)));
  }

  const { workloadsNamed } = await import("./workloads.mjs");
  const workloads = workloadsNamed(positionals);
  await build();
  const { bundle, installPeers, writeWorkload } = await import("./prepare.mjs");
  await installPeers();
  const { BATCH, measureWorkload, systems } = await import("./measure.mjs");
  const { measureLoading } = await import("./load.mjs");
  const { launchChromium } = await import("./hosts.mjs");
  const { serve } = await import("./server.mjs");
  const { idleShare } = await import("./cores.mjs");

  const wanted = options.system.map((name) => name.toLowerCase());
  const chosen = systems.filter(({ system, extra }) =>
    wanted.length === 0
      ? !(options.quick && extra)
      : wanted.some((name) => system.toLowerCase().startsWith(name)),
  );
  if (chosen.length === 0) {
    const names = [...new Set(systems.map(({ system }) => system))].join(", ");
    throw new Error(`there is no system "${options.system.join(", ")}"; there are ${names}`);
  }
  const how = {
    what: options.what,
    rounds: Number(options.rounds ?? (options.quick ? 3 : 7)),
    seconds: Number(options.seconds ?? (options.quick ? 0.3 : 1.5)),
  };
  await bundle([...new Set(chosen.flatMap((system) => system.bundle ?? []))]);
  const server = await serve();
  const browser = await launchChromium();
  const results = [];
  try {
    const idle = await idleShare(1);
    if (idle < 0.95) say(`Others use the machine: ${report.percent(1 - idle)} of its cores are busy.`);
    for (const workload of workloads) {
      if (how.what.some((what) => what !== "load")) {
        const where = { files: await writeWorkload(workload), browser, address: server.address };
        results.push(...(await measureWorkload(workload, chosen, how, where)));
      }
      if (how.what.includes("load") && !(options.quick && workload !== workloads[0])) {
        const files = await writeWorkload({ ...workload, name: `${workload.name}-load`, samples: BATCH });
        results.push(...(await measureLoading(workload, chosen, how, { files, server })));
      }
      // A run that is stopped leaves what it has measured.
      if (options.json !== undefined) report.writeJson(options.json, results);
    }
  } finally {
    await browser.close();
    server.close();
  }
  print(results);
}
