import { beforeAll, describe, expect, it } from "vitest";
import { type Core, useCore } from "../core.js";
import { TabgradError } from "../errors.js";
import type { BackupOptions, FitResult } from "../types/training.js";
import { absolute } from "../urls.js";
import { type Keeping, persistently, wireBackup } from "./backup.js";

beforeAll(() => useCore({ absolute, TabgradError } as Core));

/** As the worker takes it, with these options. */
const wire = (options: Partial<BackupOptions>) => wireBackup({ url: "indexeddb://digits", ...options }, []);

describe("the note of a run", () => {
  it("is as it was when the run began", () => {
    const note = { plan: [1], made: new Date(5), by: new Map([["who", "me"]]) };
    const { note: taken } = wire({ note });
    note.plan.push(2);
    expect(taken).toEqual({ ...note, plan: [1] });
  });

  it("is refused if it cannot be cloned", () => {
    expect(() => wire({ note: { render: () => {} } })).toThrow(
      expect.objectContaining({
        code: "argument",
        message: expect.stringMatching(/^fit: backup\.note cannot be cloned \(.*\), expected /),
      }),
    );
  });
});

describe("a run whose engine fails", () => {
  /** How often it is tried whose first engine fails when so much is known. */
  async function attempts(keeping: Keeping): Promise<number> {
    let made = 0;
    const attempt = async (): Promise<FitResult> => {
      made += 1;
      if (made === 1) throw new TabgradError("internal", "trapped");
      return { history: {}, epochs: 1, stopped: false };
    };
    await persistently(attempt, { url: "indexeddb://digits" }, keeping).catch(() => {});
    return made;
  }

  it("goes on from a state or from the beginning, and trains nothing twice", async () => {
    expect(await attempts({ begun: false, exists: false, times: 0 })).toBe(2);
    expect(await attempts({ begun: true, exists: true, times: 0 })).toBe(2);
    expect(await attempts({ begun: true, exists: false, times: 0 })).toBe(1);
  });
});
