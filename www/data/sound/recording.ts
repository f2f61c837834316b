/** Samples a second of what is recorded here. */
export const RATE = 16_000;
/** The share of a piece that must be there, so that it is one. */
const LEAST = 0.5;

/** Milliseconds within which nothing is recorded that can be decoded. */
const BRIEF = 200;

/** Records from a stream until it is told to stop. */
export class Recording {
  readonly #recorder: MediaRecorder;
  readonly #chunks: Blob[] = [];
  readonly #ended: Promise<void>;
  readonly #begun = performance.now();

  constructor(stream: MediaStream) {
    this.#recorder = new MediaRecorder(stream);
    this.#recorder.ondataavailable = ({ data }) => this.#chunks.push(data);
    this.#ended = new Promise((resolve) => {
      this.#recorder.onstop = () => resolve();
      this.#recorder.onerror = () => resolve();
    });
    this.#recorder.start();
  }

  /** What was recorded, as one channel. */
  async stop(): Promise<Float32Array> {
    const brief = performance.now() - this.#begun < BRIEF;
    if (this.#recorder.state !== "inactive") this.#recorder.stop();
    await this.#ended;
    const bytes = await new Blob(this.#chunks).arrayBuffer();
    if (brief || bytes.byteLength === 0) return new Float32Array();
    const sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(bytes);
    return mixed(Array.from({ length: sound.numberOfChannels }, (_, i) => sound.getChannelData(i)));
  }
}

/** The mean of the channels. */
function mixed(channels: readonly Float32Array[]): Float32Array {
  const [first = new Float32Array()] = channels;
  if (channels.length < 2) return first;
  return first.map((_, i) => channels.reduce((sum, channel) => sum + (channel[i] ?? 0), 0) / channels.length);
}

/** Pieces of so many samples; the last is filled up if half of it is there. */
export function pieces(sound: Float32Array, length: number): Float32Array[] {
  const found: Float32Array[] = [];
  for (let from = 0; sound.length - from >= length * LEAST; from += length) {
    const piece = new Float32Array(length);
    piece.set(sound.subarray(from, from + length));
    found.push(piece);
  }
  return found;
}

/** A WAV file of one channel and 16 bits. */
export function toWav(sound: Float32Array, rate = RATE): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(44 + 2 * sound.length);
  const view = new DataView(bytes.buffer);
  const words = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at);
  words(0, "RIFF");
  view.setUint32(4, bytes.length - 8, true);
  words(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  // Whole numbers, one channel.
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  words(36, "data");
  view.setUint32(40, 2 * sound.length, true);
  sound.forEach((value, i) => {
    view.setInt16(44 + 2 * i, Math.round(Math.max(-1, Math.min(1, value)) * 32_767), true);
  });
  return bytes;
}

/** The samples of such a file. */
export function ofWav(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from(
    { length: (bytes.length - 44) >> 1 },
    (_, i) => view.getInt16(44 + 2 * i, true) / 32_767,
  );
}
