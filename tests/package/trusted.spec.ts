/** The package in a page that demands Trusted Types. */
import type { Server } from "node:http";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { makeProjects, serve } from "./projects.js";

let projects: Awaited<ReturnType<typeof makeProjects>>;
test.beforeAll(async () => {
  projects = await makeProjects();
});
test.afterAll(() => projects.remove());

const policy = (more: string) =>
  `default-src 'none'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src data:; require-trusted-types-for 'script'; ${more}`;

/** The plain page under such a policy, which its workers' files have too. */
async function under(more: string, page: Page, action: () => Promise<void>): Promise<void> {
  const headers = { "Content-Security-Policy": policy(more) };
  const { url, server } = await serve(join(projects.folder, "plain"), headers);
  try {
    await page.goto(url);
    await page.waitForFunction("globalThis.run !== undefined");
    await action();
  } finally {
    await new Promise((resolve) => (server as Server).close(resolve));
  }
}

test("workers and their workers start by a policy of its own", { tag: "@everywhere" }, async ({ page }) => {
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  await under("trusted-types tabgrad", page, async () => {
    const result = (await page.evaluate("run()")) as { evaluated: { accuracy: number } };
    expect(result.evaluated.accuracy).toBeGreaterThan(0.8);
    const workers = await page.evaluate(async () => (await globalThis.tabgrad.engineInfo()).workers);
    expect(workers).toBeGreaterThan(1);
  });
  expect(problems).toEqual([]);
});

test("a default policy of the page does as well", async ({ page }) => {
  await page.addInitScript(() => {
    if (!("trustedTypes" in globalThis)) return;
    (globalThis as unknown as { trustedTypes: TrustedTypes }).trustedTypes.createPolicy("default", {
      createScriptURL: (url) => url,
    });
  });
  await under("trusted-types default", page, async () => {
    const predicted = await page.evaluate(async () => {
      const { layers, sequential } = globalThis.tabgrad;
      const model = sequential({ inputShape: [2], layers: [layers.dense({ units: 1 })] });
      return (await model.predict([[1, 2]])).shape;
    });
    expect(predicted).toEqual([1, 1]);
  });
});

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): unknown;
}

test("where the page allows no policy, the error says which one is missing", async ({ page }) => {
  await under("trusted-types 'none'", page, async () => {
    const error = await page.evaluate(async () => {
      const { layers, sequential } = globalThis.tabgrad;
      const model = sequential({ inputShape: [2], layers: [layers.dense({ units: 1 })] });
      return model.predict([[1, 2]]).then(
        () => undefined,
        ({ code, message }) => ({ code, message }),
      );
    });
    expect(error).toEqual({ code: "wasm", message: expect.stringContaining("trusted-types tabgrad") });
  });
});
