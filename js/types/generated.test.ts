import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

test("no two types of the engine have one name, for TypeScript would make one of them", () => {
  const text = readFileSync(new URL("../generated/tabgrad.d.ts", import.meta.url), "utf8");
  // Interfaces with nothing in them may be told twice.
  const names = [...text.matchAll(/^export (?:interface|type) (\w+)\b(?! \{\})/gm)].map(([, name]) => name);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});
