/**
 * Browsers that are killed at any moment: SIGKILL to all of their processes, on a profile on the disk. What was kept is
 * there when they start again, and the run ends with the bits of one that nobody killed. `TABGRAD_KILLS` says how many
 * kills each browser takes with each size of state; what was counted is printed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { expect, test } from "@playwright/test";
import { chromiumArgs, findChromium, findFirefox } from "../../scripts/browsers.mjs";
import { KillCount, type Told } from "./kill-count.js";
import { contentTypes, makeProjects } from "./projects.js";

// A loss that comes once in a hundred times is one: it is not to pass at a second try.
test.describe.configure({ retries: 0 });

/** Milliseconds after a browser's start, or after its run began, until it is killed at the latest. */
const LONGEST = 2500;

/** Milliseconds that a browser may take to come to the end of the run. */
const PATIENCE = 120_000;

const browsers: {
  [name: string]: (profile: string, url: string) => [program: string | undefined, ...args: string[]];
} = {
  chromium: (profile, url) => [
    findChromium(),
    ...chromiumArgs,
    "--headless=new",
    `--user-data-dir=${profile}`,
    "--no-default-browser-check",
    url,
  ],
  firefox: (profile, url) => [findFirefox(), "--headless", "--no-remote", "--profile", profile, url],
};

/**
 * What Firefox is not to do: take a picture of the page for its own use, which it loads once more for that, hidden and
 * with a storage apart, in which another run would begin; open pages again that were killed; ask about it.
 */
const preferences = `
user_pref("browser.pagethumbnails.capturing_disabled", true);
user_pref("browser.sessionstore.resume_from_crash", false);
user_pref("toolkit.startup.max_resumed_crashes", -1);
`;

let folder = "";
let remove: () => Promise<void>;
let server: Server | undefined;
let address = "";
let listener: (told: Told) => void = () => {};

test.beforeAll(async () => {
  test.setTimeout(PATIENCE);
  ({ folder, remove } = await makeProjects());
  server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    if (request.method === "POST") {
      let body = "";
      for await (const chunk of request) body += chunk;
      response.end();
      listener(JSON.parse(body) as Told);
      return;
    }
    const file = await readFile(join(folder, "plain", path)).catch(() => undefined);
    const type = contentTypes[extname(path)] ?? "application/octet-stream";
    response.writeHead(file ? 200 : 404, { "Content-Type": type }).end(file);
  });
  const listening = server;
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  const at = listening.address();
  address = `http://localhost:${typeof at === "object" && at ? at.port : 0}`;
});
test.afterAll(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
  await remove();
});

/** The runs, by their size: what asks the page for them, and more than how many bytes a state of theirs has. */
const sizes = [
  { size: "small", query: "", bytes: 0, browsers: { chromium: 4, firefox: 4 } },
  // More than two parts of js/worker/store/runs.ts.
  { size: "large", query: "wide", bytes: 2 * (8 << 20), browsers: { chromium: 2, firefox: 0 } },
];
const chosen = process.env.TABGRAD_KILLS;

for (const { size, query, bytes, browsers: few } of sizes) {
  for (const [name, command] of Object.entries(browsers)) {
    const kills = Number(chosen ?? few[name as keyof typeof few]);
    if (kills === 0) continue;
    test(`a ${size} run in ${name} survives ${kills} kills and ends with the same bits`, async () => {
      test.setTimeout(PATIENCE + kills * 30_000);
      const profile = await mkdtemp(join(tmpdir(), `tabgrad-kills-${name}-`));
      if (name === "firefox") await writeFile(join(profile, "user.js"), preferences);
      const start = (more = "") => started(command(profile, `${address}/kills.html?${query}${more}`));
      try {
        const count = new KillCount(await whole(() => start("&unbroken")));
        const hear = (told: Told) => count.hear(told);
        const print = () => process.stdout.write(`${name}, ${size}: ${JSON.stringify(count)}\n`);
        while (count.kills < kills) {
          // The first comes when there is something to go on from.
          if (!(await killedWithin(start, hear, count.kills === 0))) continue;
          count.kill();
          if (count.kills % 10 === 0) print();
        }
        await whole(start, hear);
        print();
        expect(count).toMatchObject({ kills, lost: 0, damaged: 0, equal: count.runs });
        expect(count.resumed).toBeGreaterThan(0);
        expect(count.bytes).toBeGreaterThan(bytes);
      } finally {
        await rm(profile, { recursive: true, force: true, maxRetries: 5 });
      }
    });
  }
}

/** Lets a browser come to the end of a run; gives how that ends. */
async function whole(start: () => ChildProcess, hear: (told: Told) => void = () => {}): Promise<string> {
  let browser: ChildProcess | undefined;
  try {
    return await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the run did not end")), PATIENCE);
      listener = (told) => {
        hear(told);
        if (told.what === "failed") reject(new Error(told.value));
        if (told.what === "end") {
          clearTimeout(timer);
          resolve(told.value);
        }
      };
      browser = start();
    });
  } finally {
    listener = () => {};
    if (browser) await killed(browser);
  }
}

/**
 * Kills a browser at a random moment after it has begun to train, or now and then before, or `kept`: after a state was
 * kept; false if it was through.
 */
async function killedWithin(
  start: () => ChildProcess,
  hear: (told: Told) => void,
  kept: boolean,
): Promise<boolean> {
  let failure: string | undefined;
  let ended = false;
  const begun = new Promise<void>((resolve) => {
    listener = (told) => {
      hear(told);
      if (told.what === "failed") failure = told.value;
      ended ||= told.what === "end";
      if (!kept || !["begun", "keeping"].includes(told.what)) resolve();
    };
  });
  const browser = start();
  const timeout = new Promise<void>((resolve) => setTimeout(resolve, PATIENCE / 4));
  if (kept || Math.random() < 0.9) await Promise.race([begun, timeout]);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * LONGEST));
  // From here on it cannot tell anything; what it had sent is on its way.
  await killed(browser);
  await new Promise((resolve) => setTimeout(resolve, 50));
  listener = () => {};
  if (failure !== undefined) throw new Error(failure);
  return !ended;
}

function started([program, ...args]: [string | undefined, ...string[]]): ChildProcess {
  if (!program) throw new Error("the browser is not installed");
  // A group of its own, so that all of its processes die at once.
  return spawn(program, args, { detached: true, stdio: "ignore" });
}

async function killed(browser: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => browser.once("exit", resolve));
  process.kill(-(browser.pid as number), "SIGKILL");
  await ended;
}
