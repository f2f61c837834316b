import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Database } from "./database.js";

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});
afterEach(() => {
  vi.useRealTimers();
});

const listing = (database: Database) => database.read("listing", ["runs"], (reading) => reading.keys("runs"));

describe("a database of which another tab has an older version open", () => {
  /** That tab. */
  function older(onAsked: (database: IDBDatabase) => void): Promise<IDBDatabase> {
    return new Promise((resolve) => {
      const opening = indexedDB.open("tabgrad", 1);
      opening.onupgradeneeded = () => {
        opening.result.createObjectStore("models");
        opening.result.createObjectStore("weights");
      };
      opening.onsuccess = () => {
        opening.result.onversionchange = () => onAsked(opening.result);
        resolve(opening.result);
      };
    });
  }

  it("is waited for a moment, and opened once it is let go", async () => {
    const other = await older(() => {});
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const database = new Database();
    const first = listing(database).catch((error) => error);
    const asked = vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
    await asked;
    await vi.advanceTimersByTimeAsync(2900);
    expect(await Promise.race([first, Promise.resolve("waiting")])).toBe("waiting");
    await vi.advanceTimersByTimeAsync(200);
    const told = { code: "storage", message: expect.stringContaining("Another tab holds an older version") };
    expect(await first).toMatchObject(told);
    await expect(listing(database)).rejects.toMatchObject(told);
    other.close();
    await vi.waitFor(async () => expect(await listing(database)).toEqual([]));
  });

  it("is opened where that tab lets go when it is asked to", async () => {
    await older((database) => setTimeout(() => database.close(), 50));
    expect(await listing(new Database())).toEqual([]);
  });
});

it("is opened again after it was refused at once", async () => {
  const open = vi.spyOn(IDBFactory.prototype, "open").mockImplementationOnce(() => {
    throw new DOMException("denied", "SecurityError");
  });
  const database = new Database();
  await expect(listing(database)).rejects.toMatchObject({ code: "storage" });
  expect(await listing(database)).toEqual([]);
  open.mockRestore();
});
