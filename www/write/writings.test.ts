import { expect, test } from "vitest";
import { type Writing, withOlder } from "./writings";

test("the first writing stays, the newest too, and there are never too many", () => {
  let older: readonly Writing[] = [];
  for (let id = 1; id <= 500; id++) {
    older = withOlder(older, { id, prompt: "", text: "a", temperature: 1 });
    expect(older.length).toBeLessThanOrEqual(24);
  }
  const ids = older.map(({ id }) => id);
  expect(ids[0]).toBe(1);
  expect(ids.slice(-3)).toEqual([498, 499, 500]);
  expect(ids).toEqual([...ids].sort((a, b) => a - b));
});
