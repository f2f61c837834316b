import { expect, it } from "vitest";
import { TabgradError } from "../../errors.js";
import { storageError } from "./failures.js";

it.each([
  ["QuotaExceededError", "quota", /storage is full: .* free space/],
  ["VersionError", "storage", /newer version of tabgrad: .* Reload the page/],
  ["DataCloneError", "tooLarge", /no memory for a copy: .* Close other tabs/],
  ["SecurityError", "storage", /private windows or where cookies are blocked: .* Allow them/],
  ["AbortError", "storage", /broke off .* it is closed or its disk is full: .* is as it was/],
  ["UnknownError", "storage", /the disk may be full, or what is on it damaged: .* restart the browser/],
  ["InvalidStateError", "storage", /has closed its storage .*: .* Reload the page/],
  ["constructor", "storage", /storage \(IndexedDB\) failed: .* Reload the page/],
])("says in words of %s (%s) what happened, in what, and what helps", (name, code, words) => {
  const cause = new DOMException("as the browser says it", name);
  const error = storageError("keeping the run", cause);
  expect(error).toMatchObject({ code, cause, message: expect.stringMatching(words) });
  expect(error.message).toContain(": keeping the run failed (as the browser says it). ");
});

it("leaves what is said in words already", () => {
  const error = new TabgradError("busy", "taken over");
  expect(storageError("keeping the run", error)).toBe(error);
});
