import { expect, test } from "vitest";
import { packInputs } from "./inputs.js";

test("inputs go by their names, whatever those are", async () => {
  const x = JSON.parse('{"__proto__": [[1, 2]], "constructor": [[3]]}');
  const { value } = await packInputs(x);
  expect(Object.keys(value)).toEqual(["__proto__", "constructor"]);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(({} as { data?: unknown }).data).toBe(undefined);
});
