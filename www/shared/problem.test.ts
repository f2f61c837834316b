import { expect, it } from "vitest";
import { isStuck, problemOf } from "./problem";

/** An error as the package throws it. */
const error = (code: string, message: string) => Object.assign(new Error(message), { code });

it("knows a way on from each refusal of the storage", () => {
  const full = problemOf(error("quota", "the browser's storage is full: keeping the run failed."));
  expect(full).toMatchObject({ way: "room", short: "the disk is full." });
  expect(full.text).toMatch(/^The browser's storage is full: .* then try again\.$/);
  expect(problemOf(error("storage", "The browser refuses its storage."))).toMatchObject({ way: "export" });
});

it("asks for a reload where another version has written or is in the way, and says nothing of private windows", () => {
  for (const newer of [
    error("storage", "The saved models were written by a newer version of tabgrad. Reload the page."),
    error("storage", "Another tab holds an older version of this page open. Close it, then reload this one."),
    new DOMException("The requested version (3) is less than the existing version (4).", "VersionError"),
  ]) {
    const { way, text } = problemOf(newer);
    expect(way).toBe("reload");
    expect(text).not.toContain("private");
  }
});

it("says of what is gone that it was deleted, and of other errors only what they say", () => {
  expect(problemOf(error("notFound", 'There is no model "x"; no model is saved here.')).text).toContain(
    "It was deleted in another tab, or by the browser.",
  );
  expect(problemOf(error("notFound", 'There is no column "x".'))).toEqual({
    text: 'There is no column "x".',
    short: 'There is no column "x".',
  });
});

it("says of a run with other data what has changed, in words of the page", () => {
  const { text } = problemOf(error("data", "backup: the training data are others than those of the run."));
  expect(text).toMatch(/^The data are not those that this run began with: .* begin anew\.$/);
  expect(problemOf(error("data", "Sample 3 holds NaN.")).text).toBe("Sample 3 holds NaN.");
});

it("says of a damaged run what can be done on the page, and of a damaged file what it says", () => {
  const damaged = error(
    "format",
    'The run "digits" is damaged: neither of its two states is whole. Call it.',
  );
  expect(isStuck(damaged)).toBe(true);
  expect(problemOf(damaged).text).toBe(
    "The run digits is damaged: nothing that was saved of it can be read. Begin it anew, or delete it.",
  );
  const file = error("format", "The gzip file is damaged or cut off.");
  expect(isStuck(file)).toBe(false);
  expect(problemOf(file).text).toBe("The gzip file is damaged or cut off.");
});
