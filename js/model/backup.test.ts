import { beforeAll, describe, expect, it } from "vitest";
import { type Core, useCore } from "../core.js";
import { TabgradError } from "../errors.js";
import type { BackupOptions } from "../types/training.js";
import { absolute } from "../urls.js";
import { wireBackup } from "./backup.js";

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
