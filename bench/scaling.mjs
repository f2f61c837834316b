// How tabgrad's training and inference scale: with the batch, with the workers, with the channels.
//   npm run bench -- scaling [--json FILE] [--markdown] [--rounds 3] [--seconds 0.5]

import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { disturbs, watchCores } from "./cores.mjs";
import { launchChromium, openSystem } from "./hosts.mjs";
import { plainNetwork } from "./networks.mjs";
import { bundle, installPeers, writeWorkload } from "./prepare.mjs";
import { printMarkdown, printTables, say, writeJson } from "./report.mjs";
import { serve } from "./server.mjs";
import { flopsOf } from "./shapes.js";
import { summaryOf } from "./statistics.mjs";
import { workloadsNamed } from "./workloads.mjs";

const { values: options } = parseArgs({
  options: {
    json: { type: "string" },
    markdown: { type: "boolean", default: false },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "0.5" },
  },
});
const [rounds, seconds] = [Number(options.rounds), Number(options.seconds)];

const powers = (first, last) => {
  const all = [];
  for (let value = first; value <= last; value *= 2) all.push(value);
  return all;
};

/** Two convolutions of as many channels on images of 8x8. */
const channelsNetwork = (channels) => ({
  name: `two conv 3x3 of ${channels} channels`,
  spec: plainNetwork(`channels-${channels}`, [8, 8, channels], [channels, channels, "pool"], 0),
  samples: 64,
});

const [w1, w2] = workloadsNamed(["W1", "W2"]);

/** @type {{ by: string, of: string, points: { at: number, workload: any, batch: number, workers: number }[] }[]} */
const sweeps = [
  ...[w1, w2].map((workload) => ({
    by: "batch",
    of: workload.name,
    points: powers(1, 512).map((batch) => ({ at: batch, workload, batch, workers: 1 })),
  })),
  ...[w1, w2].map((workload) => ({
    by: "workers",
    of: `${workload.name}, batch 128, ${cpus().length} cores`,
    points: [1, 2, 3, 4].map((workers) => ({ at: workers, workload, batch: 128, workers })),
  })),
  {
    by: "channels",
    of: "two conv 3x3, 8x8, batch 64",
    points: powers(8, 512).map((channels) => ({
      at: channels,
      workload: channelsNetwork(channels),
      batch: 64,
      workers: 1,
    })),
  },
];

await installPeers();
await bundle(["tabgrad"]);
const [server, browser] = [await serve(), await launchChromium()];
const results = [];
try {
  for (const sweep of sweeps) {
    for (const point of sweep.points) {
      for (const result of await measure(point)) results.push({ sweep: sweep.by, of: sweep.of, ...result });
    }
  }
} finally {
  await browser.close();
  server.close();
}
if (options.json !== undefined) writeJson(options.json, results);
(options.markdown ? printMarkdown : printTables)(sweeps.map(tableOf));

async function measure({ at, workload, batch, workers }) {
  say(`${workload.name}: batch ${batch}, workers ${workers}`);
  // Small batches need no more images than this to fill a window; large ones need whole batches.
  const samples = Math.max(batch, Math.min(workload.samples, batch * 16), 64);
  const files = await writeWorkload({ ...workload, name: "scaling", samples });
  const system = { system: "tabgrad", bundle: "tabgrad", workers, isolated: true };
  const host = await openSystem(system, { files, address: server.address, batch, browser });
  try {
    const measured = [];
    for (const what of ["train", "infer"]) {
      const values = [];
      let disturbed = 0;
      for (let round = 0; round <= rounds; round++) {
        const others = watchCores();
        const { count, seconds: passed } = await host.call(what, seconds);
        if (round === 0) continue;
        values.push(count / passed);
        if (disturbs(others())) disturbed++;
      }
      const flops = flopsOf(workload.spec, what);
      const summary = summaryOf(values);
      measured.push({ at, what, workers, batch, ...summary, unit: "images/s", disturbed, flops });
    }
    return measured;
  } finally {
    await host.close();
  }
}

function tableOf({ by, of, points }) {
  const mark = ({ median, disturbed }) => `${Math.round(median)}${disturbed > 0 ? " (disturbed)" : ""}`;
  const rate = ({ median, flops }) => ((median * flops) / 1e9).toFixed(1);
  return {
    title: `By ${by}: ${of}`,
    head: [by, "training images/s", "GFLOP/s", "inference images/s", "GFLOP/s"],
    rows: points.map(({ at }) => {
      const here = results.filter((result) => result.sweep === by && result.of === of && result.at === at);
      const [train, infer] = ["train", "infer"].map((what) => here.find((result) => result.what === what));
      return [String(at), mark(train), rate(train), mark(infer), rate(infer)];
    }),
  };
}
