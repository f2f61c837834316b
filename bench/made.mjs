// The files that `data.mjs` measures with. They are on the disk, as a person's are: what a page made itself would
// count as its memory, and a browser refuses to read a blob of a gigabyte that a page made.

import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Photos that a page draws at a time. */
const DRAWN = 200;

/** Writes the parts of a file one after the other; returns its path. */
function written(path, parts) {
  const file = openSync(path, "w");
  for (const part of parts) writeSync(file, part);
  closeSync(file);
  return path;
}

/** Writes an IDX pair of noise; returns its paths. */
export function idxPair(folder, samples, side) {
  const head = (shape) => {
    const bytes = Buffer.alloc(4 + 4 * shape.length);
    bytes.writeUInt32BE(0x0800 + shape.length);
    for (const [i, size] of shape.entries()) bytes.writeUInt32BE(size, 4 + 4 * i);
    return bytes;
  };
  function* pixels() {
    yield head([samples, side, side]);
    const bytes = samples * side * side;
    for (let done = 0; done < bytes; done += 2 ** 23) {
      yield noise(new Uint8Array(Math.min(2 ** 23, bytes - done)), done);
    }
  }
  const labels = [head([samples]), Uint8Array.from({ length: samples }, (_, i) => i % 10)];
  return [
    written(join(folder, "noise-images-idx3-ubyte"), pixels()),
    written(join(folder, "noise-labels-idx1-ubyte"), labels),
  ];
}

/** A generator of bytes that is the same everywhere and fast. */
function noise(bytes, seed) {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  let state = seed | 1;
  for (let i = 0; i < words.length; i += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return bytes;
}

/** Writes so many JPEG photos, drawn by this page, into ten folders; returns the folder of these. */
export async function photos(page, folder, samples, side) {
  const root = join(folder, "photos");
  for (let k = 0; k < 10; k += 1) mkdirSync(join(root, String(k)), { recursive: true });
  for (let from = 0; from < samples; from += DRAWN) {
    const drawn = await page.evaluate(
      ([from, to, side]) => globalThis.bench.photos(from, to, side),
      [from, Math.min(from + DRAWN, samples), side],
    );
    for (const [k, picture] of drawn.entries()) {
      const i = from + k;
      writeFileSync(join(root, String(i % 10), `${i}.jpg`), picture, "base64");
    }
  }
  return root;
}

/** Writes a CSV file of 20 columns: numbers, names, dates, yes and no, with one value in fifty missing. */
export function table(folder, rows) {
  const names = ["Amsterdam", "Bonn", "Cardiff", "Dublin", "Essen", "Faro", "Gent", "Hamburg"];
  const two = (number) => String(number).padStart(2, "0");
  let state = 1;
  const draw = () => {
    // Numerical Recipes' generator; its high bits are good enough for this.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
  const value = (row, column) => {
    const number = draw();
    if (column > 0 && number % 50 === 0) return "";
    if (column === 0) return row;
    if (column < 4) return number % 1000;
    if (column < 12) return (number / 7919).toFixed(4);
    if (column < 17) return names[number % names.length];
    if (column === 17) return `20${two(number % 24)}-${two((row % 12) + 1)}-${two((number % 28) + 1)}`;
    if (column === 18) return `2024-01-${two((number % 28) + 1)} ${two(row % 24)}:30`;
    return number % 3 === 0 ? "yes" : "no";
  };
  const columns = Array.from({ length: 20 }, (_, column) => column);
  function* lines() {
    yield `${columns.map((column) => `column_${column}`).join(",")}\n`;
    for (let row = 0; row < rows; row += 1) {
      yield `${columns.map((column) => value(row, column)).join(",")}\n`;
    }
  }
  function* blocks() {
    let block = [];
    for (const line of lines()) {
      block.push(line);
      if (block.length < 10_000) continue;
      yield block.join("");
      block = [];
    }
    yield block.join("");
  }
  return written(join(folder, "table.csv"), blocks());
}
