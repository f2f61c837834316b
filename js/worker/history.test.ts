import { expect, test } from "vitest";
import type { Model } from "../generated/tabgrad.js";
import { historyOf } from "./history.js";

test("a file's history is numbers by their names, whatever those are", () => {
  const history = () =>
    JSON.parse('{"__proto__": [1], "constructor": [2, null], "loss": [3], "note": "x", "best": ["y"]}');
  const found = historyOf({ history } as unknown as Model);
  expect(Object.entries(found)).toEqual([
    ["__proto__", [1]],
    ["constructor", [2, Number.NaN]],
    ["loss", [3]],
  ]);
  expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
});
