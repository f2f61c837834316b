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

predict();

const marks = Object.entries(exports).filter(
  ([name, value]) => name.startsWith("mark:") && /** @type {WebAssembly.Global} */ (value).value === 1,
);
console.log(marks.map(([name]) => name.slice("mark:".length)).join(" "));

/** As the worker (js/worker) and the page do it: a model's file, a drawing, its classes, its feature maps. */
function predict() {
  glue.isRelaxed();
  // Asked after every error.
  glue.refusedBytes();
  const model = glue.Model.load(readFileSync(join(root, "www/public/models/digits.safetensors")));
  const { inputs, nodes } = model.spec();
  model.preprocessing();
  model.compiled();
  model.history();
  const side = 280;
  const drawing = new Uint8Array(side * side * 4).map((_, i) => (i * 7919) % 256);
  const sample = model.prepare(drawing, side, side);
  for (const count of [1, 3]) {
    const samples = Array(count)
      .fill([...sample.data])
      .flat();
    for (const numbers of [Uint8Array.from(samples), Float32Array.from(samples)]) {
      const builder = new glue.DatasetBuilder();
      const shape = Uint32Array.from(inputs[0].shape);
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
  model.free();
}
