// What is measured: each workload's architecture once, as tabgrad's own specification, from which the other
// systems' models are made. The names are those of the project's issues and notes.

import { readFileSync } from "node:fs";
import { mobilenetV2, plainNetwork, textClassifier } from "./networks.mjs";

/**
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} about
 * @property {object} spec tabgrad's ModelSpec; one input, of images or words, one output, which ends in a softmax
 * @property {number} samples images or texts in memory; an epoch of training, a call of inference in batches
 * @property {boolean} trains whether training is measured
 */

/** @type {Workload[]} */
export const workloads = [
  {
    name: "W1",
    about: "28x28x1, two conv 5x5 (8, 16) with max-pooling, dense 10: 5,994 parameters",
    spec: JSON.parse(readFileSync(new URL("fit/w1.json", import.meta.url), "utf8")),
    samples: 4096,
    trains: true,
  },
  {
    name: "W2",
    about:
      "32x32x3, four conv 3x3 (32, 32, 64, 64) with max-pooling, dense 128, dense 10: 591,274 parameters",
    spec: plainNetwork("W2", [32, 32, 3], [32, 32, "pool", 64, 64, "pool"], 128),
    samples: 512,
    trains: true,
  },
  {
    name: "W3",
    about: "ResNet-20 for CIFAR-10 with batch normalisation (He et al., 2015), projection shortcuts",
    spec: JSON.parse(readFileSync(new URL("fit/w3.json", import.meta.url), "utf8")),
    samples: 256,
    trains: true,
  },
  {
    name: "W4",
    about: "MobileNetV2 0.35 at 96x96, 1000 classes",
    spec: mobilenetV2("W4", 96, 0.35, 1000),
    samples: 128,
    trains: false,
  },
  {
    name: "W5",
    about: "texts of 64 words: embedding 8000x64, LSTM 128, dense 4: 611,332 parameters",
    spec: textClassifier("W5", { words: 8000, length: 64, width: 64, units: 128, classes: 4 }),
    samples: 512,
    trains: true,
  },
];

/** The workloads of these names, all if there are none. */
export function workloadsNamed(names) {
  const unknown = names.find((name) => !workloads.some((workload) => workload.name === name));
  if (unknown !== undefined) {
    throw new Error(
      `there is no workload "${unknown}"; there are ${workloads.map(({ name }) => name).join(", ")}`,
    );
  }
  return names.length === 0 ? workloads : workloads.filter(({ name }) => names.includes(name));
}
