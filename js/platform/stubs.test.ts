import { afterEach, expect, test, vi } from "vitest";
import { endWorker, workerAddress } from "./stubs.js";

afterEach(() => vi.unstubAllGlobals());

/** The object URLs that are there while the package is on a page of this address. */
function onPage(href: string): Set<string> {
  const there = new Set<string>();
  vi.stubGlobal("location", new URL(href));
  let made = 0;
  vi.spyOn(URL, "createObjectURL").mockImplementation(() => {
    made += 1;
    there.add(`blob:${made}`);
    return `blob:${made}`;
  });
  vi.spyOn(URL, "revokeObjectURL").mockImplementation((url) => void there.delete(url));
  return there;
}

test("a file of the page's own origin needs no stub", () => {
  const there = onPage("https://page.example/app/");
  const url = new URL("https://page.example/lib/worker.js");
  expect(workerAddress(url)).toBe(url.href);
  endWorker(url);
  expect(there.size).toBe(0);
});

test("a stub lives as long as a worker that was started from it", () => {
  const there = onPage("https://page.example/app/");
  const url = new URL("https://cdn.example/worker.js");
  const address = workerAddress(url);
  expect(workerAddress(url)).toBe(address);
  endWorker(url);
  expect([...there]).toEqual([address]);
  endWorker(url);
  expect(there.size).toBe(0);
  expect(workerAddress(url)).not.toBe(address);
  endWorker(url);
  expect(there.size).toBe(0);
});
