import { describe, expect, it } from "vitest";
import { heard } from "./heard";

/** How strong a tone of so many hertz is in a sound. */
function strength(sound: Float32Array, hertz: number, rate: number): number {
  let [x, y] = [0, 0];
  sound.forEach((value, i) => {
    x += value * Math.cos((2 * Math.PI * hertz * i) / rate);
    y += value * Math.sin((2 * Math.PI * hertz * i) / rate);
  });
  return Math.hypot(x, y) / sound.length;
}

const silence = -80;

describe("a sound made of what a network gets", () => {
  const stft = { nFft: 512, hopLength: 256 };

  it("has the tones of the bands that were loud, for as long as they were", () => {
    const [frames, bands] = [40, 64];
    const data = new Float32Array(frames * bands).fill(silence);
    // Band 20 of 64 up to 8000 Hz is about 800 to 900 Hz; it is loud in the first half.
    for (let frame = 0; frame < 20; frame++) data[frame * bands + 20] = 0;
    const spec = { sampleRate: 16000, stft, mel: { nMels: bands } };
    const sound = heard({ data, shape: [frames, bands, 1] }, spec);
    expect(sound.length).toBe(frames * 256);
    const strongest = Array.from({ length: 200 }, (_, i) => (i + 1) * 40).sort(
      (a, b) => strength(sound, b, 16000) - strength(sound, a, 16000),
    )[0] as number;
    expect(strongest).toBeGreaterThan(700);
    expect(strongest).toBeLessThan(1100);
    const power = (from: number, to: number) => sound.subarray(from, to).reduce((sum, v) => sum + v * v, 0);
    expect(power(0, 19 * 256)).toBeGreaterThan(1000 * power(21 * 256, sound.length));
    expect(Math.max(...sound)).toBeLessThanOrEqual(0.5);
  });

  it("is the same of cepstra, and is the waveform where that is what a network gets", () => {
    const [frames, bands] = [4, 8];
    const data = Float32Array.from({ length: frames * bands }, (_, i) => -20 + ((i * 7) % 11));
    const cepstra = new Float32Array(frames * bands);
    for (let frame = 0; frame < frames; frame++) {
      for (let k = 0; k < bands; k++) {
        let sum = 0;
        for (let i = 0; i < bands; i++) {
          sum += (data[frame * bands + i] as number) * Math.cos((Math.PI * k * (2 * i + 1)) / (2 * bands));
        }
        cepstra[frame * bands + k] = sum * Math.sqrt((k === 0 ? 1 : 2) / bands);
      }
    }
    const common = { sampleRate: 8000, stft, mel: { nMels: bands } };
    const one = heard({ data, shape: [frames, bands, 1] }, common);
    const other = heard({ data: cepstra, shape: [frames, bands, 1] }, { ...common, features: "mfcc" });
    one.forEach((value, i) => {
      expect(other?.[i]).toBeCloseTo(value, 3);
    });
    const wave = heard({ data: Float32Array.of(0, 1, -0.5), shape: [3, 1, 1] }, { features: "waveform" });
    expect(wave).toEqual(Float32Array.of(0, 0.5, -0.25));
  });

  it("is silent where nothing was heard", () => {
    const sound = heard({ data: new Float32Array(20), shape: [2, 10, 1] }, { features: "mel" });
    expect(sound?.every((value) => value === 0)).toBe(true);
  });
});
