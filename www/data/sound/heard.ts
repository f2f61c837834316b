import type { Preprocessing, Sample } from "tabgrad";

type AudioSpec = NonNullable<Preprocessing["audio"]>;

/** Hertz between two of the tones that a band is made of. */
const SPACING = 40;

/**
 * A sound made of what a network gets of a recording: tones all over each band, as loud as the band was.
 * Phases are lost, so it is a whisper of what was recorded.
 */
export function heard(
  { data, shape }: Pick<Sample, "data" | "shape">,
  spec: AudioSpec,
): Float32Array<ArrayBuffer> {
  const { sampleRate = 22050, features = "logMel", stft = {}, mel = {}, power = 2 } = spec;
  if (features === "waveform") return leveled(Float32Array.from(data));
  const [frames = 0, bins = 1] = shape;
  const nFft = stft.nFft ?? 2048;
  const hop = stft.hopLength ?? Math.floor((stft.winLength ?? nFft) / 4);
  const isMfcc = features === "mfcc";
  const bands = isMfcc ? (mel.nMels ?? 128) : bins;
  const isMel = isMfcc || features === "mel" || features === "logMel";
  const edges = isMel
    ? melEdges(bands, mel.fMin ?? 0, mel.fMax ?? sampleRate / 2, mel.htk ?? false)
    : Array.from({ length: bands + 2 }, (_, i) => (Math.max(0, i - 1) * sampleRate) / nFft);
  const values = isMfcc ? fromCepstra(data, frames, bins, bands) : data;
  const logarithmic = features !== "mel" && features !== "spectrogram";
  const amplitude = (value: number) => {
    if (logarithmic) return 10 ** (value / 20);
    return power === 2 ? Math.sqrt(Math.max(0, value)) : Math.max(0, value);
  };
  const sound = new Float32Array(frames * hop);
  let noise = 1;
  for (let band = 0; band < bands; band++) {
    const [low = 0, , high = 0] = edges.slice(band, band + 3);
    // Triangles of Slaney's kind are as high as they are narrow; that is taken back.
    const gain = isMel && (mel.norm ?? "slaney") === "slaney" ? Math.sqrt((high - low) / 2) : 1;
    const tones = Math.max(1, Math.round((high - low) / 2 / SPACING));
    const loud = Float32Array.from({ length: frames }, (_, frame) =>
      amplitude(values[frame * bands + band] ?? 0),
    );
    for (let tone = 0; tone < tones; tone++) {
      const hertz = low + ((high - low) * (0.25 * tones + 0.5 * (tone + 0.5))) / tones;
      if (hertz <= 0 || hertz >= sampleRate / 2) continue;
      noise = (noise * 16807) % 2147483647;
      addTone(
        sound,
        loud,
        hop,
        (2 * Math.PI * hertz) / sampleRate,
        (noise / 2147483647) * 2 * Math.PI,
        gain / tones,
      );
    }
  }
  return leveled(sound);
}

/** A tone whose loudness goes from one frame's to the next one's. */
function addTone(
  sound: Float32Array,
  loud: Float32Array,
  hop: number,
  step: number,
  phase: number,
  gain: number,
): void {
  // A pointer that turns by one step for each sample.
  const [turnX, turnY] = [Math.cos(step), Math.sin(step)];
  let [x, y] = [Math.cos(phase), Math.sin(phase)];
  for (let frame = 0; frame < loud.length; frame++) {
    const from = (loud[frame] as number) * gain;
    const slope = ((loud[frame + 1] ?? 0) * gain - from) / hop;
    for (let i = 0; i < hop; i++) {
      sound[frame * hop + i] = (sound[frame * hop + i] as number) + y * (from + slope * i);
      [x, y] = [x * turnX - y * turnY, x * turnY + y * turnX];
    }
  }
}

/** Where the bands of the mel scale begin and end: band i from i to i + 2, highest at i + 1. */
function melEdges(bands: number, low: number, high: number, htk: boolean): number[] {
  const [from, to] = [toMel(low, htk), toMel(high, htk)];
  return Array.from({ length: bands + 2 }, (_, i) => toHertz(from + ((to - from) * i) / (bands + 1), htk));
}

/** Slaney's scale is linear up to 1000 Hz, and logarithmic from there. */
const LINEAR = 200 / 3;
const STEP = Math.log(6.4) / 27;

function toMel(hertz: number, htk: boolean): number {
  if (htk) return 2595 * Math.log10(1 + hertz / 700);
  return hertz < 1000 ? hertz / LINEAR : 15 + Math.log(hertz / 1000) / STEP;
}

function toHertz(mel: number, htk: boolean): number {
  if (htk) return 700 * (10 ** (mel / 2595) - 1);
  return mel < 15 ? mel * LINEAR : 1000 * Math.exp(STEP * (mel - 15));
}

/** Bands in decibels from the first coefficients of their cosine transform. */
function fromCepstra(
  cepstra: ArrayLike<number>,
  frames: number,
  coefficients: number,
  bands: number,
): Float32Array {
  const values = new Float32Array(frames * bands);
  for (let frame = 0; frame < frames; frame++) {
    for (let band = 0; band < bands; band++) {
      let sum = 0;
      for (let k = 0; k < coefficients; k++) {
        const scale = Math.sqrt((k === 0 ? 1 : 2) / bands);
        sum +=
          scale *
          (cepstra[frame * coefficients + k] as number) *
          Math.cos((Math.PI * k * (2 * band + 1)) / (2 * bands));
      }
      values[frame * bands + band] = sum;
    }
  }
  return values;
}

/** As loud as half of what can be played; silence stays silent. */
function leveled(sound: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const most = sound.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return most > 0 ? sound.map((value) => (value * 0.5) / most) : sound;
}
