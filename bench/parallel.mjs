// What a second core can give at most, and how much of it two workers give: one worker alone, two pages of one worker
// each at once (their rates added up), and two workers, isolated and not, in turn, in Chromium:
//   npm run bench -- parallel [W1] [W2] [--what infer] [--rounds 7] [--seconds 1]

import { parseArgs } from "node:util";
import { alternate } from "./alternating.mjs";
import { launchChromium, openSystem } from "./hosts.mjs";
import { BATCH } from "./measure.mjs";
import { bundle, installPeers, writeWorkload } from "./prepare.mjs";
import { say } from "./report.mjs";
import { serve } from "./server.mjs";
import { workloadsNamed } from "./workloads.mjs";

const { values, positionals } = parseArgs({
  options: {
    what: { type: "string", default: "train" },
    rounds: { type: "string", default: "7" },
    seconds: { type: "string", default: "1" },
  },
  allowPositionals: true,
});
const { what } = values;
const ways = {
  one: "one worker",
  independent: "two pages of one worker at once",
  isolated: "two workers",
  plain: "two workers, not isolated",
};

await installPeers();
await bundle(["tabgrad"]);
const [server, browser] = [await serve(), await launchChromium()];
try {
  for (const workload of workloadsNamed(positionals)) {
    if (what === "train" && !workload.trains) continue;
    const files = await writeWorkload(workload);
    const open = (workers, isolated) =>
      openSystem(
        { system: "tabgrad", bundle: "tabgrad", workers, isolated },
        { files, address: server.address, batch: BATCH, browser },
      );
    say(`${workload.name}: opening`);
    const [first, second] = [await open(1, true), await open(1, true)];
    const hosts = {
      one: [first],
      independent: [first, second],
      isolated: [await open(2, true)],
      plain: [await open(2, false)],
    };
    await alternate(`${workload.name} ${what}, batch ${BATCH}`, ways, Number(values.rounds), async (way) => {
      const windows = await Promise.all(hosts[way].map((host) => host.call(what, Number(values.seconds))));
      return windows.reduce((sum, { count, seconds }) => sum + count / seconds, 0);
    });
    const all = new Set(Object.values(hosts).flat());
    await Promise.all([...all].map((host) => host.close()));
  }
} finally {
  await browser.close();
  server.close();
}
