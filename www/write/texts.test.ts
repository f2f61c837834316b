import { expect, test } from "vitest";
import { beginning, cut, different, textOf, tooLarge, tooShort } from "./texts";

const utf8 = (text: string) => new TextEncoder().encode(text);

test("texts are read in the encodings that text files have", () => {
  expect(textOf(utf8("größer\r\nals\rdas"), "a.txt")).toBe("größer\nals\ndas");
  expect(textOf(utf8("\ufeffwith a mark"), "a.txt")).toBe("with a mark");
  expect(textOf(Uint8Array.of(0xff, 0xfe, 0x41, 0, 0xe9, 0), "a.txt")).toBe("Aé");
  expect(textOf(Uint8Array.of(0xfe, 0xff, 0, 0x41), "a.txt")).toBe("A");
  expect(textOf(Uint8Array.of(0x63, 0x61, 0x66, 0xe9), "a.txt")).toBe("café");
});

test("files that are no texts are refused by name", () => {
  expect(() => textOf(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 1, 2), "cat.png")).toThrow(
    /^cat\.png is no text/,
  );
  expect(() => textOf(new Uint8Array(), "void.txt")).toThrow(/^void\.txt is empty/);
  expect(tooLarge(41_000_000, "all.txt")).toMatch(/^all\.txt has 41 MB\. Up to 8/);
  expect(tooLarge(8_000_000, "all.txt")).toBe("");
});

test("a text that is too short says how long it is and how long it must be", () => {
  expect(tooShort(`  ${"a".repeat(312)}\n`, "note")).toMatch(/^note has 312 characters\. .* at least 2,000/);
  expect(tooShort("a", "note")).toMatch(/1 character\./);
  expect(tooShort("ab ".repeat(700), "note")).toBe("");
});

test("a tenth is held out, from a line's beginning where one is near", () => {
  const lines = "nine letters\n".repeat(1000);
  const [learned, held] = cut(lines);
  expect(learned + held).toBe(lines);
  expect(learned.endsWith("\n")).toBe(true);
  expect(held.length / lines.length).toBeCloseTo(0.1, 2);
  const flat = "x".repeat(1000);
  expect(cut(flat).map(({ length }) => length)).toEqual([900, 100]);
  const [first, rest] = cut("😀".repeat(501));
  expect([first.length % 2, rest.length % 2]).toEqual([0, 0]);
});

test("different characters are counted, of whatever length", async () => {
  expect(await different("abca😀😀é")).toBe(5);
  // One lies across the end of a stretch.
  expect(await different(`${"a".repeat(249_999)}😀b`)).toBe(2);
});

test("a beginning is cut with a mark", () => {
  expect(beginning("  short ")).toBe("short");
  expect(beginning("word ".repeat(200), 12)).toBe("word word wo…");
});
