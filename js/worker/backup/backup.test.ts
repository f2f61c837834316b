import { afterEach, beforeEach, expect, it, vi } from "vitest";
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
async function kept(milliseconds: number, everySeconds: number): Promise<Backup> {
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
  const backup = await kept(20, 10);
  await vi.advanceTimersByTimeAsync(1990);
  expect([backup.isWorthIt, backup.isDue]).toEqual([false, false]);
  await vi.advanceTimersByTimeAsync(20);
  expect([backup.isWorthIt, backup.isDue]).toEqual([true, false]);
  await backup.close();
});

it("keeps the ends of epochs when it is time, however long that takes", async () => {
  const backup = await kept(500, 10);
  await vi.advanceTimersByTimeAsync(9990);
  expect(backup.isWorthIt).toBe(false);
  await vi.advanceTimersByTimeAsync(20);
  expect([backup.isWorthIt, backup.isDue]).toEqual([true, true]);
  await backup.close();
});
