/** Seeded runs by several workers, in a page that is isolated or not, and in Node. */
import { readFile, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import { join } from "node:path";
import { type Page, test } from "@playwright/test";
import type { Augmentation, EngineInfo } from "tabgrad";
import { makeProjects, runNode, serve } from "./projects.js";

/** A run that `trained` (projects/workers.js) makes. */
export interface Options {
  /** As many as the machine has cores if it says nothing. */
  workers?: number;
  transport?: EngineInfo["transport"];
  batchSize: number;
  shards?: number;
  augmentation?: Augmentation;
  epochs?: number;
  samples?: number;
}

/** What it came to. */
export interface Outcome {
  hash: string;
  history: { [name: string]: number[] };
  evaluated: unknown;
  predicted: string;
  /** Workers that the test made die in the run. */
  deaths: number;
  /** Before the run, and after it. */
  info: EngineInfo;
  after: EngineInfo;
}

/** The last batch of an epoch has 8 samples, and less than all shards. */
export const run = { batchSize: 64, shards: 8, epochs: 2, samples: 1000 };

const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** The same page under two addresses: as it is, and cross-origin isolated. Served during the tests of a file. */
export class Places {
  plain!: { url: string; server: Server };
  isolated!: { url: string; server: Server };
  #projects!: Awaited<ReturnType<typeof makeProjects>>;

  constructor() {
    test.beforeAll(async () => {
      this.#projects = await makeProjects();
      const folder = join(this.#projects.folder, "plain");
      this.plain = await serve(folder);
      this.isolated = await serve(folder, ISOLATION);
    });
    test.afterAll(async () => {
      for (const { server } of [this.plain, this.isolated]) {
        await new Promise((resolve) => server.close(resolve));
      }
      await this.#projects.remove();
    });
  }

  /** Makes a run in Node. */
  async inNode(options: Options): Promise<Outcome> {
    const project = join(this.#projects.folder, "node");
    return JSON.parse(await runNode(project, "workers.mjs", JSON.stringify(options)));
  }

  /**
   * Does something while a worker's file begins with this code. (What Playwright puts in the way of requests is
   * not asked for the files of a worker's workers.)
   */
  async whileWorkersBegin(
    code: string,
    action: () => Promise<void>,
    file = "plain/worker.js",
  ): Promise<void> {
    const [project, name] = file.split("/") as [string, string];
    const path = join(this.#projects.folder, project, "node_modules/tabgrad/dist", name);
    const text = await readFile(path, "utf8");
    await writeFile(path, `${code}\n${text}`);
    await action().finally(() => writeFile(path, text));
  }
}

/** Makes a run in a page at this address. */
export async function inPage(page: Page, url: string, options: Options): Promise<Outcome> {
  await page.goto(url);
  await page.waitForFunction("globalThis.digits !== undefined");
  return page.evaluate(async (options) => {
    const file = "./workers.js";
    const { trained } = await import(new URL(file, location.href).href);
    return trained(globalThis.tabgrad, await globalThis.digits(), options);
  }, options);
}
