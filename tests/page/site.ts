/** The built page under an address of its own, whose server says what it was asked for and can change its version. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "@playwright/test";
import { preview } from "vite";

export class Site {
  url = "";
  /** Method and path of each request that reached the server, whoever made it. */
  readonly asked: string[] = [];
  #folder = "";
  #close = async () => {};

  /** Serves it during the tests of a file, from its beginning for each. */
  constructor() {
    test.beforeEach(async () => {
      this.#folder = mkdtempSync(join(tmpdir(), "tabgrad-site-"));
      this.put("site");
      this.asked.length = 0;
      const server = await preview({
        logLevel: "warn",
        build: { outDir: this.#folder },
        preview: { port: 0, host: "localhost" },
      });
      server.httpServer.on("request", ({ method, url }) => this.asked.push(`${method} ${url}`));
      this.url = server.resolvedUrls?.local[0] ?? "";
      this.#close = () => server.close();
    });
    test.afterEach(async () => {
      await this.stop();
      rmSync(this.#folder, { recursive: true });
    });
  }

  /** From now on nobody answers. */
  async stop(): Promise<void> {
    const close = this.#close;
    this.#close = async () => {};
    await close();
  }

  /** Changes what the server has for some of its files. */
  change(names: RegExp, to: (content: string) => string): void {
    const changed = readdirSync(this.#folder, { recursive: true, encoding: "utf8" }).filter((name) =>
      names.test(name),
    );
    if (changed.length === 0) throw new Error(`the site has no file like ${names}`);
    for (const name of changed) {
      const path = join(this.#folder, name);
      writeFileSync(path, to(readFileSync(path, "utf8")));
    }
  }

  /** From now on the server has the files of this build, and no others. */
  put(build: string): void {
    rmSync(this.#folder, { recursive: true });
    cpSync(build, this.#folder, { recursive: true });
  }
}
