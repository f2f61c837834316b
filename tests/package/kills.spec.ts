/**
 * Browsers that are killed at any moment: SIGKILL to all of their processes, on a profile on the disk. What was kept is
 * there when they start again, and the run ends with the bits of one that nobody killed. `TABGRAD_KILLS` says how many
 * kills each browser takes; its summary is printed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { expect, test } from "@playwright/test";
import { chromiumArgs, findChromium, findFirefox } from "../../scripts/browsers.mjs";
import { contentTypes, makeProjects } from "./projects.js";

const kills = Number(process.env.TABGRAD_KILLS ?? 4);

/** Milliseconds after a browser's start, or after its run began, until it is killed at the latest. */
const LONGEST = 2500;

/** Milliseconds that a browser may take to come to the end of the run. */
const PATIENCE = 120_000;

interface Position {
  epoch: number;
  batch: number;
}

/** What a page tells. */
type Told =
  | { what: "kept"; value: Position }
  | { what: "resumed"; value: Position & { damaged?: string } }
  | { what: "end" | "failed"; value: string }
  | { what: "over"; value: number };

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

for (const [name, command] of Object.entries(browsers)) {
  test(`a run in ${name} survives ${kills} kills and ends with the same bits`, async () => {
    test.setTimeout(PATIENCE + kills * 30_000);
    const profile = await mkdtemp(join(tmpdir(), `tabgrad-kills-${name}-`));
    const start = (query: string) => started(command(profile, `${address}/kills.html${query}`));
    try {
      const reference = await whole(start, "?unbroken");
      const summary = { kills: 0, runs: 0, resumed: 0, equal: 0, damaged: 0, lost: 0 };
      let kept: Position | undefined;
      const hear = (told: Told) => {
        if (told.what === "resumed") {
          summary.resumed += 1;
          if (told.value.damaged) summary.damaged += 1;
          if (kept && before(told.value, kept)) summary.lost += 1;
        }
        if (told.what === "kept") kept = told.value;
        if (told.what !== "end") return;
        summary.runs += 1;
        if (told.value === reference) summary.equal += 1;
        kept = undefined;
      };
      while (summary.kills < kills) {
        if (await killedWithin(start, hear)) summary.kills += 1;
      }
      await whole(start, "", hear);
      process.stdout.write(`${name}: ${JSON.stringify(summary)}\n`);
      expect(summary).toMatchObject({ kills, lost: 0, equal: summary.runs });
      expect(summary.resumed).toBeGreaterThan(0);
    } finally {
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  });
}

/** Lets a browser come to the end of a run; gives how that ends. */
async function whole(
  start: (query: string) => ChildProcess,
  query: string,
  hear: (told: Told) => void = () => {},
): Promise<string> {
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
      browser = start(query);
    });
  } finally {
    listener = () => {};
    if (browser) await killed(browser);
  }
}

/** Kills a browser at a random moment after it has begun to train, or now and then before; false if it was through. */
async function killedWithin(
  start: (query: string) => ChildProcess,
  hear: (told: Told) => void,
): Promise<boolean> {
  let failure: string | undefined;
  let ended = false;
  const begun = new Promise<void>((resolve) => {
    listener = (told) => {
      hear(told);
      if (told.what === "failed") failure = told.value;
      ended ||= told.what === "end";
      resolve();
    };
  });
  const browser = start("");
  const timeout = new Promise<void>((resolve) => setTimeout(resolve, PATIENCE / 4));
  if (Math.random() < 0.9) await Promise.race([begun, timeout]);
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

const before = (a: Position, b: Position) => a.epoch < b.epoch || (a.epoch === b.epoch && a.batch < b.batch);
