// What happens up to the first prediction, so that the build finds the functions that run in it:
//   node scripts/first-prediction.mjs GLUE MODULE
// runs a module whose functions leave marks (xtask/src/split) and prints the numbers of those that did.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { root } from "./process.mjs";

const [gluePath, modulePath] = process.argv.slice(2);
if (!gluePath || !modulePath) throw new Error("usage: first-prediction.mjs GLUE MODULE");
// Later versions have it anyway, and no longer know the flag.
if (Number.parseInt(process.versions.node, 10) < 21) setFlagsFromString("--experimental-wasm-relaxed-simd");
const glue = await import(pathToFileURL(gluePath).href);
const module = new WebAssembly.Module(readFileSync(modulePath));
const { exports } = new WebAssembly.Instance(module, { "./tabgrad_bg.js": glue });
glue.__wbg_set_wasm(exports);
/** @type {() => void} */ (exports.__wbindgen_start)();

/** Four bytes a pixel: nothing, a white stroke on what is transparent and on black, and noise. */
const drawings = [
  (/** @type {number} */ side) => new Uint8Array(side * side * 4),
  (/** @type {number} */ side) => stroke(side, 0),
  (/** @type {number} */ side) => stroke(side, 255),
  (/** @type {number} */ side) => new Uint8Array(side * side * 4).map((_, i) => (i * 7919) % 256),
];

predict();
churn();

const marks = Object.entries(exports).filter(
  ([name, value]) => name.startsWith("mark:") && /** @type {WebAssembly.Global} */ (value).value === 1,
);
console.log(marks.map(([name]) => name.slice("mark:".length)).join(" "));

/**
 * @param {number} side
 * @param {number} alpha of what is not drawn upon
 */
function stroke(side, alpha) {
  const pixels = new Uint8Array(side * side * 4);
  for (let i = 0; i < side * side; i++) {
    const [x, y] = [i % side, Math.floor(i / side)];
    const drawn = Math.abs(x - side / 2) < side / 16 && y > side / 5 && y < (side * 4) / 5;
    pixels.set(drawn ? [255, 255, 255, 255] : [0, 0, 0, alpha], i * 4);
  }
  return pixels;
}

/**
 * Takes and gives back memory in many sizes and orders: which branches the allocator takes depends on all
 * that came before, so that a prediction elsewhere takes other ones than that of here.
 */
function churn() {
  const { __wbindgen_malloc, __wbindgen_realloc, __wbindgen_free } =
    /** @type {Record<string, (...numbers: number[]) => number>} */ (exports);
  if (!__wbindgen_malloc || !__wbindgen_realloc || !__wbindgen_free)
    throw new Error("no allocator is exported");
  /** @type {({ pointer: number, size: number } | undefined)[]} */
  const taken = [];
  let state = 1;
  const below = (/** @type {number} */ most) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % most;
  };
  const size = () => 1 + below(1 << (4 + below(15)));
  for (let turn = 0; turn < 50_000; turn++) {
    const index = below(256);
    const held = taken[index];
    if (!held) {
      const wanted = size();
      taken[index] = { pointer: __wbindgen_malloc(wanted, 1) >>> 0, size: wanted };
    } else if (turn % 3 === 0) {
      const wanted = size();
      taken[index] = { pointer: __wbindgen_realloc(held.pointer, held.size, wanted, 1) >>> 0, size: wanted };
    } else {
      __wbindgen_free(held.pointer, held.size, 1);
      taken[index] = undefined;
    }
  }
  for (const held of taken) if (held) __wbindgen_free(held.pointer, held.size, 1);
}

/** As the worker (js/worker) and the page do it: a model's file, drawings, their classes, their feature maps. */
function predict() {
  glue.isRelaxed();
  // Asked after every error.
  glue.refusedBytes();
  const model = glue.Model.load(readFileSync(join(root, "www/public/models/digits.safetensors")));
  const { inputs, nodes } = model.spec();
  model.preprocessing();
  model.compiled();
  model.history();
  const shape = Uint32Array.from(inputs[0].shape);
  // Which blocks run depends on the drawing, and on its size.
  for (const side of [280, 28, 20, 100, 560]) {
    for (const draw of drawings) {
      const sample = model.prepare(draw(side), side, side);
      for (const count of [1, 3]) {
        const samples = Array(count)
          .fill([...sample.data])
          .flat();
        for (const numbers of [Uint8Array.from(samples), Float32Array.from(samples)]) {
          const builder = new glue.DatasetBuilder();
          if (numbers instanceof Uint8Array) builder.addBytes(numbers, shape);
          else builder.addFloats(numbers, shape);
          builder.setPreprocessing(model.preprocessing());
          builder.setClassNames(model.classNames());
          const dataset = builder.build();
          const whole = dataset.for(model);
          model.predict(whole, 0, whole.length);
          const last = nodes.length - 1;
          model.activations(whole, [nodes[0].name, nodes[last].name]);
          whole.free();
          dataset.free();
        }
      }
    }
  }
  model.free();
}
