import { expect, it } from "vitest";
import { fitsTo, givenBy } from "./fitting";

const seenOf = (shape: number[], preprocessing: object = {}) =>
  givenBy({ shape, preprocessing } as Parameters<typeof givenBy>[0], shape).seen;

it("tells what networks see by the shape of samples and by what made them", () => {
  expect(seenOf([28, 28, 1])).toBe("pictures");
  expect(seenOf([32, 32, 3])).toBe("colours");
  expect(seenOf([64, 40, 1], { audio: {} })).toBe("sounds");
  expect(seenOf([4])).toBe("rows");
  expect(seenOf([500], { text: { output: "counts" } })).toBe("rows");
  expect(seenOf([64], { text: { output: "ids" } })).toBe("words");
  expect(seenOf([64], { text: {} })).toBe("words");
  expect(seenOf([128, 6])).toBe("sequences");
});

it("counts the words that have an id, those for padding and for unknown words among them", () => {
  const text = { output: "ids", vocabulary: ["a", "b", "c"], maxTokens: 4000 } as const;
  expect(givenBy({ shape: [8], preprocessing: { text } } as never, [8]).vocabulary).toBe(5);
  const pairs = { maxTokens: 900 };
  expect(givenBy({ shape: [8], preprocessing: { text: pairs } } as never, [8]).vocabulary).toBe(900);
});

it("takes sounds and colours for pictures, and nothing else for something else", () => {
  expect(fitsTo("colours", "pictures")).toBe(true);
  expect(fitsTo("pictures", "colours")).toBe(false);
  expect(fitsTo("sounds", "pictures")).toBe(true);
  expect(fitsTo("pictures", "sounds")).toBe(false);
  expect(fitsTo("rows", "words")).toBe(false);
});
