import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TabgradError } from "../../errors.js";
import type { FitEvent, WireBackup } from "../../fit-protocol.js";
import type { RestPlatform } from "../platform.js";
import type { Context } from "../serve.js";
import { NotClaimed, type RunState, type StoredRun } from "../store/runs.js";
import { Backup } from "./backup.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance", "setTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** All that is asked of a state on its way to the store. */
const state = { epoch: 1, batch: 0 } as RunState;

const options: WireBackup = {
  url: "indexeddb://kept",
  everySeconds: 0,
  takeOver: false,
  goesOn: false,
  asks: false,
};

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
  const place = { runs } as unknown as RestPlatform;
  const backup = await Backup.open(place, { ...options, everySeconds }, context, () => {});
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
  const place = { runs } as unknown as RestPlatform;
  const backup = await Backup.open(place, { ...options, note: given }, context, () => {});
  await backup.save(new Uint8Array(1), state);
  await backup.settle(new Uint8Array(1));
  expect(notes).toEqual([written, written]);
});

describe("a store that is refused when the run begins", () => {
  const refused = () => {
    throw new NotClaimed("storage", "refused");
  };
  const damaged = () => {
    throw new TabgradError("format", "damaged");
  };
  const unfinished = { slot: { state: { ...state, state: "unfinished" } } } as StoredRun;
  const finished = { slot: { state: { ...state, state: "finished" } } } as StoredRun;

  /** A run whose claims are answered like this, one after the other. */
  async function begun(answers: (() => StoredRun | undefined)[], goesOn = false) {
    const [told, written]: [string[], RunState[]] = [[], []];
    const runs = {
      claim: async () => answers.shift()?.(),
      save: async (_name: string, _owner: string, _file: Uint8Array, now: RunState) => {
        written.push(now);
        return { bytes: 1, savedAt: new Date() };
      },
    };
    const emit = (event: FitEvent) => told.push(event.type === "notKept" ? event.error.message : event.type);
    const place = { runs } as unknown as RestPlatform;
    const backup = await Backup.open(place, { ...options, goesOn }, { emit } as unknown as Context, () => {});
    const keep = async () => (await backup.save(new Uint8Array(1), state)).written;
    return { backup, told, written, keep };
  }

  it("keeps the run from when it can be had", async () => {
    const { backup, told, written, keep } = await begun([refused, refused, () => finished, damaged]);
    expect(backup.kept).toBeUndefined();
    expect(await keep()).toMatchObject({ code: "storage" });
    for (const _ of [1, 2]) expect([backup.isDue, await keep()]).toEqual([true, undefined]);
    await backup.close();
    expect(told).toEqual(["refused", "kept", "kept"]);
    expect(written).toHaveLength(2);
  });

  it.each([
    {
      what: "an earlier run",
      answer: () => unfinished,
      words: /^The run "kept" is not kept: an earlier one/,
    },
    { what: "one that is damaged", answer: damaged, words: /^damaged$/ },
  ])("leaves $what that comes to light, and says so once", async ({ answer, words }) => {
    const { backup, told, written, keep } = await begun([refused, answer]);
    expect([backup.kept, backup.isDue, backup.isWorthIt]).toEqual([undefined, true, true]);
    for (const _ of [1, 2]) expect(await keep()).toMatchObject({ message: expect.stringMatching(words) });
    expect([backup.isDue, backup.isWorthIt]).toEqual([false, false]);
    await backup.settle(new Uint8Array(1));
    expect(told).toEqual([expect.stringMatching(words)]);
    expect(written).toEqual([]);
  });

  it("does not begin over what is known to be damaged, or kept", async () => {
    await expect(begun([damaged])).rejects.toMatchObject({ code: "format" });
    await expect(begun([refused], true)).rejects.toMatchObject({ code: "storage" });
  });
});

it("keeps a run where the browser refuses its locks with its storage", async () => {
  const request = () => Promise.reject(new DOMException("denied", "SecurityError"));
  vi.stubGlobal("navigator", { locks: { request } });
  try {
    await (await kept(1)).close();
  } finally {
    vi.unstubAllGlobals();
  }
});

it("ends a run whose program gave what cannot be stored", async () => {
  const wrong = new TabgradError("argument", "fit: callbacks[0].state() cannot be stored");
  const runs = { claim: async () => undefined, save: () => Promise.reject(wrong) };
  const [place, onFailure] = [{ runs } as unknown as RestPlatform, vi.fn()];
  const backup = await Backup.open(place, options, {} as Context, onFailure);
  await backup.save(new Uint8Array(1), state);
  await backup.close();
  expect(onFailure).toHaveBeenCalledWith(wrong);
});
