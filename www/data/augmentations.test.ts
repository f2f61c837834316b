import { expect, it } from "vitest";
import { groups, presets, summary, withAmount } from "./augmentations";

it("says in words what is changed", () => {
  expect(summary({})).toBe("");
  expect(summary({ rotation: 15, flipHorizontal: 0.5 })).toBe(
    "Flip left and right 50% of the time, rotate up to ±15°",
  );
});

it("leaves out what changes nothing", () => {
  expect(withAmount({ rotation: 15 }, "shift", 2)).toEqual({ rotation: 15, shift: 2 });
  expect(withAmount({ rotation: 15, border: "reflect" }, "rotation", 0)).toEqual({ border: "reflect" });
});

it("can set what the presets set", () => {
  const changes = groups.flatMap((group) => group.changes);
  for (const { augmentation } of presets) {
    for (const [key, amount] of Object.entries(augmentation)) {
      if (key === "border") continue;
      const change = changes.find((known) => known.key === key);
      expect(change?.most, key).toBeGreaterThanOrEqual(amount as number);
    }
  }
});
