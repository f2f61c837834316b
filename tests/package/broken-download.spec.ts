/** Files that are fetched over a connection that breaks. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "@playwright/test";
import { usePlainPage } from "./plain-page.js";

usePlainPage();

test("a download that breaks is tried once more, and one that breaks again is said to be broken", async ({
  page,
}) => {
  const table = `a,b,kind\n${Array.from({ length: 40 }, (_, i) => `${i},${i % 7},${i % 2 ? "odd" : "even"}\n`).join("")}`;
  const asked: Record<string, number> = {};
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked[path] = (asked[path] ?? 0) + 1;
    response.writeHead(200, { "access-control-allow-origin": "*", "content-length": table.length });
    if (path === "/once.csv" && asked[path] === 2) {
      response.end(table);
      return;
    }
    response.write(table.slice(0, 90), () => setTimeout(() => response.destroy(), 50));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const found = await page.evaluate(async (address) => {
      const { data } = globalThis.tabgrad;
      const once = await data.fromFiles(`${address}/once.csv`);
      const always = await globalThis.failure(() => data.fromFiles(`${address}/always.csv`));
      return { length: once.length, always };
    }, address);
    expect(found.length).toBe(40);
    expect(found.always.code).toBe("network");
    expect(found.always.message).toContain("always.csv cannot be fetched");
    expect(asked).toEqual({ "/once.csv": 2, "/always.csv": 2 });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
