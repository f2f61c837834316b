// What all systems read: a workload's specification, weights and images, in files.

import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { root, run } from "../scripts/process.mjs";
import { writeOnnx } from "./onnx.mjs";

const folder = join(root, "target/bench");
const peers = join(root, "bench/node_modules");

/** Files that a system loads besides its own module; the names are relative to bench/node_modules. */
const assets = {
  tfjs: ["tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm-threaded-simd.wasm", "tfjs-backend-wasm.wasm"].map(
    (name) => `@tensorflow/tfjs-backend-wasm/dist/${name}`,
  ),
  ort: ["ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"].map(
    (name) => `onnxruntime-web/dist/${name}`,
  ),
  jax: [],
};

/** Modules that are not called after their system. */
const sources = { tabgrad: "systems/tabgrad-page.js", bare: "bare.js" };

/** Installs the peers' packages, unless those of the lock file are there. */
export async function installPeers() {
  const lock = createRequire(import.meta.url)("./package-lock.json");
  const missing = Object.entries(lock.packages[""].dependencies).some(([name, version]) => {
    const manifest = join(peers, name, "package.json");
    return !existsSync(manifest) || createRequire(import.meta.url)(manifest).version !== version;
  });
  if (missing) await run("npm", ["ci", "--prefix", "bench", "--ignore-scripts", "--no-fund", "--no-audit"]);
}

/**
 * Makes each system one minified module, as a page's bundler would, beside the files that it loads.
 *
 * @param {string[]} names of systems
 */
export async function bundle(names) {
  for (const name of names) {
    const output = join(folder, "systems", name);
    rmSync(output, { recursive: true, force: true });
    mkdirSync(output, { recursive: true });
    if (name === "tabgrad") cpSync(join(root, "dist"), output, { recursive: true });
    for (const asset of assets[name] ?? []) cpSync(join(peers, asset), join(output, asset.split("/").at(-1)));
    const bundled = await rolldown({
      input: join(root, "bench", sources[name] ?? `systems/${name}.js`),
      platform: "browser",
      logLevel: "silent",
    });
    await bundled.write({
      file: join(output, "system.js"),
      format: "es",
      minify: true,
      codeSplitting: false,
    });
    await bundled.close();
  }
}

/**
 * Writes a workload's files and says where they are.
 *
 * @param {import("./workloads.mjs").Workload} workload
 * @returns {Promise<{ path: string, url: string }>}
 */
export async function writeWorkload({ name, spec, samples }) {
  const path = join(folder, "workloads", name);
  mkdirSync(path, { recursive: true });
  const random = uniform(1);
  const { weights, file } = await firstWeights(spec, random);
  const offsets = [];
  let length = 0;
  for (const { name, shape, data } of weights) {
    offsets.push({ name, shape, offset: length });
    length += data.length;
  }
  const all = new Float32Array(length);
  for (const [index, { data }] of weights.entries()) all.set(data, offsets[index].offset);
  const { inputs, labels } = images(spec, samples, random);
  writeFileSync(join(path, "workload.json"), JSON.stringify({ spec, samples, weights: offsets }));
  writeFileSync(join(path, "weights.bin"), all);
  writeFileSync(join(path, "inputs.bin"), inputs);
  writeFileSync(join(path, "labels.bin"), labels);
  writeFileSync(join(path, "model.onnx"), writeOnnx(spec, weights));
  writeFileSync(join(path, "model.safetensors"), file);
  return { path, url: `/workloads/${name}/` };
}

/** The weights that tabgrad gives a new model, running statistics and the like away from 0 and 1; and its file. */
async function firstWeights(spec, random) {
  const { modelFromSpec } = await import("../dist/node.js");
  const model = modelFromSpec(spec);
  const weights = await model.getWeights();
  const last = (name) => name.split("/").at(-1);
  for (const { name, data } of weights) {
    if (["kernel", "recurrentKernel", "embeddings"].includes(last(name))) continue;
    const middle = last(name) === "gamma" || last(name) === "movingVariance" ? 1 : 0;
    for (let i = 0; i < data.length; i++) data[i] = middle + 0.2 * (random() - 0.5);
  }
  await model.setWeights(weights);
  const file = new Uint8Array(await (await model.export("safetensors")).arrayBuffer());
  model.dispose();
  return { weights, file };
}

/**
 * Images, or words, of noise. Each is there twice, with two different labels, so that no network can learn them: losses
 * and gradients stay as large as in real training, however long a system trains.
 */
function images(spec, samples, random) {
  const size = spec.inputs[0].shape.reduce((product, length) => product * length);
  const classes = spec.nodes.at(-1).layer.units;
  const inputs = new Float32Array(samples * size);
  const first = spec.nodes[0].layer;
  const value = first.type === "embedding" ? () => Math.floor(random() * first.inputDim) : random;
  for (let i = 0; i < inputs.length / 2; i++) inputs[i] = value();
  inputs.copyWithin(inputs.length / 2, 0, inputs.length / 2);
  const labels = Int32Array.from({ length: samples }, () => Math.floor(random() * classes));
  for (let i = 0; i < samples / 2; i++) labels[samples / 2 + i] = (labels[i] + 1) % classes;
  return { inputs, labels };
}

/** Numbers in [0, 1), the same on every machine (mulberry32). */
function uniform(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
