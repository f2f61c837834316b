/** Has calls of IndexedDB in the package's worker fail, in the real browser. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "@playwright/test";

declare global {
  /** Has these calls fail from now on, without a fault none; says how many there were since this was said last. */
  var failCalls: (fault?: Partial<Fault>) => Promise<number>;
}

/** Which calls fail, counted from now on, and how: at once, or their transaction a moment later. */
export interface Fault {
  first: number;
  last: number;
  /** Of the error. */
  name: string;
  way: "throws" | "aborts";
  /** Only calls of this method count; all of them where it is missing. */
  method?: string;
}

/** Put in front of the worker's file; the workers that help it have no store. */
const prelude = `
  if (self.name !== "tabgrad peer") {
    const channel = new BroadcastChannel("store faults");
    let fault = { first: Infinity };
    let calls = 0;
    channel.onmessage = ({ data }) => {
      if (!data.fault) return;
      channel.postMessage({ calls });
      [fault, calls] = [data.fault, 0];
    };
    const places = [
      [IDBFactory, ["open"]],
      [IDBDatabase, ["transaction"]],
      [IDBTransaction, ["objectStore", "commit"]],
      [IDBObjectStore, ["get", "getAll", "getAllKeys", "put", "delete"]],
    ];
    const transactionOf = (of, result) =>
      of instanceof IDBObjectStore ? of.transaction : of instanceof IDBTransaction ? of : result;
    for (const [{ prototype }, methods] of places) {
      for (const method of methods) {
        const call = prototype[method];
        prototype[method] = function (...args) {
          if (fault.method && fault.method !== method) return call.apply(this, args);
          calls += 1;
          if (calls < fault.first || calls > fault.last) return call.apply(this, args);
          if (fault.way === "throws") throw new DOMException("injected", fault.name);
          // As when the disk turns out to be full.
          if (method === "commit") return this.abort();
          if (method === "open") {
            const request = call.call(this, "broken off");
            const abort = () => request.transaction.abort();
            queueMicrotask(() => request.addEventListener("upgradeneeded", abort));
            return request;
          }
          const result = call.apply(this, args);
          transactionOf(this, result).abort();
          return result;
        };
      }
    }
  }`;

/** Gives the worker of a project what has its calls fail. */
export async function makeFaulty(project: string): Promise<void> {
  const worker = join(project, "node_modules/tabgrad/dist/worker.js");
  await writeFile(worker, `${prelude}\n${await readFile(worker, "utf8")}`);
}

/** Gives the page `failCalls`. */
export async function giveFaults(page: Page): Promise<void> {
  await page.evaluate(() => {
    globalThis.failCalls = (fault = { first: Number.POSITIVE_INFINITY }) =>
      new Promise((resolve) => {
        const channel = new BroadcastChannel("store faults");
        channel.onmessage = ({ data }) => {
          channel.close();
          resolve(data.calls);
        };
        const usual = { first: 1, last: Number.POSITIVE_INFINITY, name: "UnknownError", way: "throws" };
        channel.postMessage({ fault: { ...usual, ...fault } });
      });
  });
}
