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
const glueUrl = pathToFileURL(gluePath).href;
// Later versions have it anyway, and no longer know the flag.
if (Number.parseInt(process.versions.node, 10) < 21) setFlagsFromString("--experimental-wasm-relaxed-simd");
const module = new WebAssembly.Module(readFileSync(modulePath));

/** Four bytes a pixel: nothing, a white stroke on what is transparent and on black, and noise. */
const drawings = [
  (/** @type {number} */ side) => new Uint8Array(side * side * 4),
  (/** @type {number} */ side) => stroke(side, 0),
  (/** @type {number} */ side) => stroke(side, 255),
  (/** @type {number} */ side) => new Uint8Array(side * side * 4).map((_, i) => (i * 7919) % 256),
];

/** What programs keep as a model's history: nothing, or numbers of many kinds. */
const histories = [
  undefined,
  {},
  { loss: [0.5, 1e-7, -2.5, 1e22, 3], valLoss: Array.from({ length: 40 }, (_, i) => Math.sqrt(i) / 2 ** i) },
];

const marks = new Set();
let started = 0;
// Making and saving a model is no part of a prediction, and what an engine does once only is part of each first
// one: so each has an engine of its own.
const plain = plainNetworks(JSON.parse(readFileSync(join(root, "bench/fit/w1.json"), "utf8")));
const saved = savedPlain((await start()).glue);
for (const scenario of [predict, predictPlain]) {
  const { glue, exports } = await start();
  scenario(glue);
  churn(exports);
  for (const [name, mark] of Object.entries(exports)) {
    const ran = name.startsWith("mark:") && /** @type {WebAssembly.Global} */ (mark).value === 1;
    if (ran) marks.add(name.slice("mark:".length));
  }
}
console.log([...marks].join(" "));

/** Starts an engine. The glue has views of its memory. */
async function start() {
  started++;
  const glue = await import(`${glueUrl}?${started}`);
  const { exports } = new WebAssembly.Instance(module, { "./tabgrad_bg.js": glue });
  glue.__wbg_set_wasm(exports);
  /** @type {() => void} */ (exports.__wbindgen_start)();
  return { glue, exports };
}

/**
 * Networks of the commonest layers, none of which the page's model lacks, in sizes that are multiples of
 * nothing, too: which blocks run depends on them.
 *
 * @param {any} spec
 */
function plainNetworks(spec) {
  const sizes = [
    { shape: [28, 28, 1], filters: [8, 16], kernelSize: 5, units: 10 },
    { shape: [28, 28, 1], filters: [5, 3], kernelSize: 3, units: 2 },
    { shape: [32, 32, 3], filters: [12, 32], kernelSize: 3, units: 100 },
    { shape: [19, 23, 3], filters: [64, 7], kernelSize: 5, units: 3 },
  ];
  return sizes.map(({ shape, filters, kernelSize, units }, number) => {
    const own = structuredClone(spec);
    if (number % 2 === 1) delete own.name;
    own.inputs[0].shape = shape;
    const convolutions = own.nodes.filter((/** @type {any} */ { layer }) => layer.type === "conv2d");
    for (const [index, { layer }] of convolutions.entries())
      Object.assign(layer, { kernelSize, filters: filters[index] });
    own.nodes.at(-1).layer.units = units;
    return own;
  });
}

/**
 * Their files, without a preparation; of a saved model, the optimiser waits until something trains it.
 *
 * @param {any} glue
 */
function savedPlain(glue) {
  return plain.flatMap((spec, number) => {
    const model = new glue.Model(spec);
    const files = histories.map((history) => {
      if (history) model.setHistory(history);
      return model.save(false);
    });
    model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
    model.setClassNames(number % 2 === 0 ? ["0", "one \u2603"] : []);
    files.push(model.save(false));
    model.free();
    return files;
  });
}

/**
 * As a program does it that has numbers and a model of its own.
 *
 * @param {any} glue
 */
function predictPlain(glue) {
  for (const file of saved) predictOne(glue, file);
}

/**
 * @param {any} glue
 * @param {Uint8Array} file
 */
function predictOne(glue, file) {
  const model = glue.Model.load(file);
  const { inputs } = model.spec();
  model.classNames();
  model.preprocessing();
  model.compiled();
  model.history();
  const { shape } = inputs[0];
  const size = shape.reduce((/** @type {number} */ all, /** @type {number} */ side) => all * side, 1);
  for (const count of [1, 3]) {
    for (const numbers of [new Uint8Array(count * size).fill(9), new Float32Array(count * size).fill(0.5)]) {
      const dataset = samples(glue, numbers, shape, model);
      model.predict(dataset, 0, dataset.length);
      dataset.free();
    }
  }
  model.free();
}

/**
 * @param {any} glue
 * @param {Uint8Array | Float32Array} numbers
 * @param {ArrayLike<number>} shape
 * @param {any} model
 */
function samples(glue, numbers, shape, model) {
  const builder = new glue.DatasetBuilder();
  if (numbers instanceof Uint8Array) builder.addBytes(numbers, Uint32Array.from(shape));
  else builder.addFloats(numbers, Uint32Array.from(shape));
  builder.prepareAs(model);
  return builder.build();
}

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
 *
 * @param {WebAssembly.Exports} exports
 */
function churn(exports) {
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

/**
 * As the worker (js/worker) and the page do it: a model's file, drawings, their classes, their feature maps.
 *
 * @param {any} glue
 */
function predict(glue) {
  glue.isRelaxed();
  // Asked after every error.
  glue.refusedBytes();
  const model = glue.Model.load(readFileSync(join(root, "www/public/models/digits.safetensors")));
  const { inputs, nodes } = model.spec();
  model.classNames();
  model.preprocessing();
  model.compiled();
  model.history();
  // Which blocks run depends on the drawing, and on its size.
  for (const side of [280, 28, 20, 100, 560]) {
    for (const draw of drawings) {
      const sample = model.prepare(draw(side), side, side);
      for (const count of [1, 3]) {
        const all = Array(count)
          .fill([...sample.data])
          .flat();
        for (const numbers of [Uint8Array.from(all), Float32Array.from(all)]) {
          const dataset = samples(glue, numbers, inputs[0].shape, model);
          model.predict(dataset, 0, dataset.length);
          const last = nodes.length - 1;
          model.activations(dataset, [nodes[0].name, nodes[last].name]);
          dataset.free();
        }
      }
    }
  }
  model.free();
}
