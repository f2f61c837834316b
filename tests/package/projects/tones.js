// Recordings of tones as files, for page and Node.

/**
 * A tone of so many hertz in 16 bits, with a little noise that the seed decides.
 *
 * @param {number} hertz
 * @param {number} seconds
 * @param {number} rate
 * @param {number} seed
 */
function samples(hertz, seconds, rate, seed) {
  let noise = seed;
  return Int16Array.from({ length: Math.round(seconds * rate) }, (_, i) => {
    noise = (noise * 48271) % 2147483647;
    const value = 0.5 * Math.sin((2 * Math.PI * hertz * i) / rate) + 0.02 * (noise / 2147483647 - 0.5);
    return Math.round(value * 32767);
  });
}

/**
 * @param {DataView} view
 * @param {number} at
 * @param {string} text
 */
function write(view, at, text) {
  for (let i = 0; i < text.length; i += 1) view.setUint8(at + i, text.charCodeAt(i));
}

/**
 * The remainder of a polynomial division, as FLAC checks itself.
 *
 * @param {readonly number[]} bytes
 * @param {number} bits
 * @param {number} polynomial
 */
function crc(bytes, bits, polynomial) {
  const top = 2 ** (bits - 1);
  let rest = 0;
  for (const byte of bytes) {
    rest ^= byte << (bits - 8);
    for (let i = 0; i < 8; i += 1) rest = ((rest << 1) ^ (rest & top ? polynomial : 0)) & (2 * top - 1);
  }
  return rest;
}

/**
 * A tone as a FLAC file, whose frames hold the samples as they are.
 *
 * @param {number} hertz
 */
export function flac(hertz, { seconds = 0.5, rate = 8000 } = {}) {
  const all = samples(hertz, seconds, rate, 1);
  const block = 1024;
  // Its description is all that comes before the frames: 34 bytes.
  const head = new DataView(new ArrayBuffer(42));
  write(head, 0, "fLaC");
  head.setUint32(4, 0x80000022);
  head.setUint16(8, block);
  head.setUint16(10, block);
  // 20 bits of rate, 3 of channels and 5 of bits, both less one, 36 of samples.
  head.setUint32(18, rate * 4096 + (15 << 4));
  head.setUint32(22, all.length);
  const frames = [];
  for (let from = 0; from < all.length; from += block) {
    const part = all.subarray(from, from + block);
    const begin = [0xff, 0xf8, 0x70, 0x08, from / block, (part.length - 1) >> 8, (part.length - 1) & 255];
    const frame = [...begin, crc(begin, 8, 0x07), 0x02];
    for (const value of part) frame.push((value >> 8) & 255, value & 255);
    const check = crc(frame, 16, 0x8005);
    frames.push(Uint8Array.from([...frame, check >> 8, check & 255]));
  }
  return new Blob([head, ...frames]);
}

/**
 * The same as a WAV file.
 *
 * @param {number} hertz
 */
export function tone(hertz, { seconds = 0.5, rate = 8000, seed = 1 } = {}) {
  const all = samples(hertz, seconds, rate, seed);
  const { length } = all;
  const view = new DataView(new ArrayBuffer(44 + 2 * length));
  write(view, 0, "RIFF");
  view.setUint32(4, 36 + 2 * length, true);
  write(view, 8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  write(view, 36, "data");
  view.setUint32(40, 2 * length, true);
  for (let i = 0; i < length; i += 1) view.setInt16(44 + 2 * i, all[i] ?? 0, true);
  return new Blob([view.buffer]);
}

/**
 * Files in folders by class: high and low tones.
 *
 * @param {number} count
 */
export function tones(count) {
  return Array.from({ length: count }, (_, i) => {
    const high = i % 2 === 0;
    return {
      path: `tones/${high ? "high" : "low"}/${i}.wav`,
      file: tone((high ? 2000 : 300) + 7 * i, { seconds: 0.4 + 0.01 * (i % 10), seed: i + 1 }),
    };
  });
}

/**
 * Trains on recordings and says what it takes a high and a low one for, before and after it was saved.
 *
 * @param {typeof import("tabgrad")} tabgrad
 */
export async function heard(tabgrad) {
  const { data, layers, loadModel, sequential } = tabgrad;
  const files = [...tones(24), { path: "tones/low/bad.wav", file: new Blob(["RIFF....WAVEfmt"]) }];
  const set = await data.fromFiles(files, { audio: { sampleRate: 8000, seconds: 0.5, mels: 32 } });
  const model = sequential({
    inputShape: [...set.shape],
    seed: 1,
    layers: [
      layers.averagePooling2d({ poolSize: [8, 1] }),
      layers.flatten(),
      layers.dense({ units: 2, activation: "softmax" }),
    ],
  });
  model.compile({
    optimizer: { type: "adam", learningRate: 0.01 },
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
  });
  const { history } = await model.fit(set, { epochs: 30, batchSize: 8, seed: 2 });
  const { audio, numeric } = set.preprocessing;
  const loaded = await loadModel(await model.export("safetensors"));
  const low = tone(333, { seconds: 0.45, seed: 99 });
  const numbers = new Int16Array((await low.arrayBuffer()).slice(44));
  const samples = Float32Array.from(numbers, (value) => value / 32768);
  const answers = [];
  for (const one of [model, loaded]) {
    for (const sound of [tone(2100, { rate: 16000 }), low, { samples, sampleRate: 8000 }]) {
      answers.push(await one.classify(sound));
    }
  }
  const { accuracy } = await loaded.evaluate(set);
  return {
    shape: set.shape,
    counts: await set.counts(),
    unreadable: set.report.unreadable.map(({ name, code }) => [name, code]),
    audio,
    numeric: numeric?.map(({ type }) => type),
    accuracy: history.accuracy?.at(-1),
    evaluated: accuracy,
    labels: answers.map(([first]) => first?.label),
    answers,
    length: set.report.length,
  };
}
