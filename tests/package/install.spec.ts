/** The packed package in empty projects: a plain page, Vite, Node. */
import type { Server } from "node:http";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { build, createServer } from "vite";
import { makeProjects, runNode, serve } from "./projects.js";

interface Result {
  history: { [name: string]: number[] };
  evaluated: { loss: number; accuracy: number };
  shape: number[];
  sums: number[];
  equal: boolean;
  classified: { label: string; probability: number }[];
  summary: string;
  listed: string[];
  fileBytes: number;
  reports: number;
}

let projects: Awaited<ReturnType<typeof makeProjects>>;
test.beforeAll(async () => {
  projects = await makeProjects();
});
test.afterAll(() => projects.remove());

/** What the example comes to wherever it runs. */
function check(result: Result): void {
  expect(result.history.loss).toHaveLength(5);
  expect(result.history.valAccuracy?.at(-1)).toBeGreaterThan(0.8);
  expect(result.evaluated.accuracy).toBeGreaterThan(0.8);
  expect(result.evaluated.loss).toBeCloseTo(Math.min(...(result.history.valLoss ?? [])), 5);
  expect(result.shape).toEqual([2, 10]);
  for (const sum of result.sums) expect(sum).toBeCloseTo(1, 5);
  expect(result.equal).toBe(true);
  expect(result.classified).toHaveLength(3);
  // The first digit of MNIST's test set.
  expect(result.classified[0]?.label).toBe("7");
  expect(result.summary).toContain("Parameters: 5,994");
  expect(result.fileBytes).toBeGreaterThan(5994 * 4);
  expect(result.reports).toBeGreaterThan(0);
}

/** Runs the example in a page, where nothing may go wrong meanwhile. */
async function runIn(page: Page, url: string): Promise<Result> {
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(message.text());
  });
  await page.goto(url);
  await page.waitForFunction("globalThis.run !== undefined");
  const result = (await page.evaluate("run()")) as Result;
  expect(problems).toEqual([]);
  return result;
}

const close = (server: Server) => new Promise((resolve) => server.close(resolve));

test("a plain page without a bundler, under a policy without eval", { tag: "@everywhere" }, async ({
  page,
}) => {
  const policy =
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src data:";
  const { url, server } = await serve(join(projects.folder, "plain"), { "Content-Security-Policy": policy });
  try {
    const result = await runIn(page, url);
    check(result);
    expect(result.listed).toEqual(["digits"]);
  } finally {
    await close(server);
  }
});

test("Vite's development server, without any configuration", async ({ page }) => {
  const server = await createServer({
    root: join(projects.folder, "vite"),
    configFile: false,
    logLevel: "error",
  });
  try {
    await server.listen();
    check(await runIn(page, server.resolvedUrls?.local[0] ?? ""));
  } finally {
    await server.close();
  }
});

test("Vite's build, without any configuration", async ({ page }) => {
  await build({ root: join(projects.folder, "vite"), configFile: false, logLevel: "error" });
  const { url, server } = await serve(join(projects.folder, "vite", "dist"));
  try {
    check(await runIn(page, url));
  } finally {
    await close(server);
  }
});

test("Node", async () => {
  const result = JSON.parse(await runNode(join(projects.folder, "node"), "main.mjs")) as Result & {
    refused: unknown;
  };
  check(result);
  expect(result.refused).toEqual({
    code: "unsupported",
    message: expect.stringContaining("file://"),
    ours: true,
  });
});

test("Node imports a folder, goes on after an interruption and trains from the file", async () => {
  const result = JSON.parse(await runNode(join(projects.folder, "node"), "files.mjs"));
  expect(result).toMatchObject({
    stopped: "aborted",
    interrupted: [["shades", false]],
    storage: "file",
    bytes: 400 * (300 * 300 * 3 + 4),
    counts: [400, ["dark", "light"]],
    unreadable: [["shades/dark/broken.png", "format"]],
    accuracy: 1,
    blob: ["memory", 1],
    missing: "notFound",
    listed: [["shades", 400]],
    left: [],
  });
});
