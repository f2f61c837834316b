import { beforeAll, describe, expect, it } from "vitest";
import { type Core, useCore } from "../core.js";
import { TabgradError } from "../errors.js";
import { type Platform, usePlatform } from "../platform/platform.js";
import type { BackupOptions, FitResult } from "../types/training.js";
import { absolute } from "../urls.js";
import { backupOptions, type Keeping, persistently, wireBackup } from "./backup.js";

beforeAll(() => {
  usePlatform({ resolve: (url: string) => new URL(url, "https://example.com/page/") } as Platform);
  useCore({ absolute, TabgradError } as Core);
});

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

describe("backup", () => {
  const place = "indexeddb://NAME, or in Node file:///PATH";
  it.each([
    [1, `backup is 1, expected ${place}, or an object that has it as url.`],
    [true, `backup is true, expected ${place}, or an object that has it as url.`],
    [null, `backup is null, expected ${place}, or an object that has it as url.`],
    ["indexeddb://", `backup is "indexeddb://", expected ${place}.`],
    ["run", `backup is "run", expected ${place}.`],
    [{}, `backup.url is undefined, expected ${place}.`],
    [{ url: 7 }, `backup.url is 7, expected ${place}.`],
    [{ url: "https://example.com/run" }, `backup.url is "https://example.com/run", expected ${place}.`],
    [{ everySeconds: "1" }, 'backup.everySeconds is "1", expected a number of at least 0.'],
    [{ everySeconds: -1 }, "backup.everySeconds is -1, expected a number of at least 0."],
    [{ takeOver: "x" }, 'backup.takeOver is "x", expected true or false.'],
    [{ onSaved: true }, "backup.onSaved is true, expected a function."],
    [
      { everySecond: 1 },
      "backup.everySecond is 1, expected none but url, everySeconds, takeOver, note, onSaved, onError.",
    ],
  ])("is refused as %j", (given, message) => {
    const names = typeof given === "object" && given && Object.keys(given);
    const whole = names && names.length > 0 && !("url" in given) ? { url: "indexeddb://a", ...given } : given;
    const refuse = () => backupOptions({ backup: whole as BackupOptions });
    expect(refuse).toThrow(expect.objectContaining({ code: "argument", message: `fit: ${message}` }));
  });

  it("is taken as an address, or as an object that has one", () => {
    expect(backupOptions({})).toBeUndefined();
    for (const url of ["indexeddb://a", "file:///folder/run", new URL("file:///folder/run")]) {
      expect(backupOptions({ backup: url })).toEqual({ url });
      const options = { url, everySeconds: 0, takeOver: true, note: 1, onSaved: () => {} };
      expect(backupOptions({ backup: options })).toEqual(options);
    }
  });
});
