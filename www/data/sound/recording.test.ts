import { expect, it } from "vitest";
import { ofWav, pieces, toWav } from "./recording";

it("cuts a recording into pieces of one length", () => {
  const sound = Float32Array.from({ length: 27 }, (_, i) => i + 1);
  const found = pieces(sound, 10);
  expect(found.map((piece) => piece.length)).toEqual([10, 10, 10]);
  expect([...(found[2] as Float32Array)]).toEqual([21, 22, 23, 24, 25, 26, 27, 0, 0, 0]);
  expect(pieces(sound.subarray(0, 24), 10)).toHaveLength(2);
  expect(pieces(sound.subarray(0, 4), 10)).toHaveLength(0);
});

it("writes WAV files", () => {
  const bytes = toWav(Float32Array.of(0, 0.5, -1, 7), 8000);
  expect(new TextDecoder().decode(bytes.subarray(0, 4))).toBe("RIFF");
  expect(new DataView(bytes.buffer).getUint32(24, true)).toBe(8000);
  expect(bytes.length).toBe(52);
  expect([...ofWav(bytes)].map((value) => Math.round(value * 100) / 100)).toEqual([0, 0.5, -1, 1]);
});
