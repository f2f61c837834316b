import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { WireBackup } from "../../fit-protocol.js";
import type { RestPlatform } from "../platform.js";
import type { Context } from "../serve.js";
import type { RunState } from "../store/runs.js";
import { Backup } from "./backup.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance", "setTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** All that is asked of a state on its way to the store. */
const state = { epoch: 1, batch: 0 } as RunState;

/** A run in a store that takes its time, kept once. */
async function kept(milliseconds: number, everySeconds?: number): Promise<Backup> {
  const runs = {
    claim: async () => undefined,
    save: async () => {
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      return { bytes: 1, savedAt: new Date() };
    },
  };
  const context = { emit: () => {} } as unknown as Context;
  const options = { url: "indexeddb://kept", everySeconds, takeOver: false, asks: false };
  const backup = await Backup.open({ runs } as unknown as RestPlatform, options, context, () => {});
  const { written } = await backup.save(new Uint8Array(1), state);
  expect(backup.isWorthIt).toBe(false);
  await vi.advanceTimersByTimeAsync(milliseconds);
  expect(await written).toBeUndefined();
  return backup;
}

it("keeps the ends of epochs that are a hundred times as long as keeping took", async () => {
  const backup = await kept(20);
  await vi.advanceTimersByTimeAsync(1990);
  expect([backup.isWorthIt, backup.isDue]).toEqual([false, false]);
  await vi.advanceTimersByTimeAsync(20);
  expect([backup.isWorthIt, backup.isDue]).toEqual([true, false]);
  await backup.close();
});

it.each([
  { what: "every ten seconds", took: 20, everySeconds: undefined, seconds: 10 },
  { what: "after a hundred times what it took", took: 170, everySeconds: undefined, seconds: 17 },
  { what: "every minute, however long it takes", took: 2000, everySeconds: undefined, seconds: 60 },
  { what: "when it was said, however long it takes", took: 2000, everySeconds: 5, seconds: 5 },
])("keeps within an epoch $what", async ({ took, everySeconds, seconds }) => {
  const backup = await kept(took, everySeconds);
  await vi.advanceTimersByTimeAsync(seconds * 1000 - 10);
  expect(backup.isDue).toBe(false);
  await vi.advanceTimersByTimeAsync(20);
  expect([backup.isWorthIt, backup.isDue]).toEqual([true, true]);
  await backup.close();
});

it.each([
  { what: "the note that the run is given now", kept: "old", given: "new", written: "new" },
  { what: "the earlier note where none is given", kept: "old", given: undefined, written: "old" },
  { what: "no note in a run that has none", kept: undefined, given: undefined, written: undefined },
])("keeps $what, to the end", async ({ kept, given, written }) => {
  const notes: unknown[] = [];
  const before = { ...state, ...(kept ? { note: kept } : {}) };
  const runs = {
    claim: async () => ({ slot: { state: before } }),
    save: async (_name: string, _owner: string, _file: Uint8Array, { note }: RunState) => {
      notes.push(note);
      return { bytes: 1, savedAt: new Date() };
    },
  };
  const context = { emit: () => {} } as unknown as Context;
  const options: WireBackup = { url: "indexeddb://kept", everySeconds: 0, takeOver: false, asks: false };
  const place = { runs } as unknown as RestPlatform;
  const backup = await Backup.open(place, { ...options, note: given }, context, () => {});
  await backup.save(new Uint8Array(1), state);
  await backup.settle(new Uint8Array(1));
  expect(notes).toEqual([written, written]);
});
