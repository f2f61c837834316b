/** Networks for handwritten digits and other small pictures. */

import type { Layer } from "../model/graph.js";
import { layers } from "../model/layers.js";
import {
  adamwCycle,
  bare,
  type ClassifierOptions,
  chain,
  classifying,
  type Preset,
  torch,
} from "./preset.js";

const DIGITS = [28, 28, 1] as const;

/** A convolution, batch normalisation and a ReLU. */
function block(filters: number, kernelSize: number, strides = 1): Layer[] {
  return [
    layers.conv2d({ filters, kernelSize, strides, ...bare }),
    layers.batchNormalization(),
    layers.activation({ activation: "relu" }),
  ];
}

const halved = (): Layer => layers.maxPooling2d({ poolSize: 2 });

/** Three normalised convolutions of these widths, the first of which halves the picture. */
function threeConvolutions(widths: readonly [number, number, number]): Layer[] {
  const [first, second, third] = widths;
  return [...block(first, 5, 2), ...block(second, 3), halved(), ...block(third, 3), layers.flatten()];
}

/** Five normalised convolutions of these widths, halved after every two. */
function fiveConvolutions(widths: readonly [number, number, number, number, number]): Layer[] {
  const [first, second, third, fourth, fifth] = widths;
  return [
    ...block(first, 3),
    ...block(second, 3),
    halved(),
    ...block(third, 3),
    ...block(fourth, 3),
    halved(),
    ...block(fifth, 3),
    layers.flatten(),
  ];
}

/** What `mnistFast` and `mnistCnn` are made of besides. */
const IDEAS =
  "Ioffe, Szegedy: Batch normalization, 2015; Smith: A disciplined approach to neural network hyper-parameters, 2018 (one cycle of learning rates)";

const slight = { rotation: 8, scale: 0.07, shear: 0.08, shift: 1 } as const;

/**
 * LeNet-5 with rectifiers and max-pooling, as it is trained today.
 * Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document recognition, 1998.
 */
export function lenet({
  classes = 10,
  inputShape = DIGITS,
  epochs = 5,
  seed = 0,
}: ClassifierOptions = {}): Preset {
  const relu = { activation: "relu", ...torch } as const;
  return {
    about: "Two convolutions and three dense layers, the classic for digits.",
    source: "LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition, 1998",
    spec: chain(
      "lenet",
      inputShape,
      [
        layers.conv2d({ filters: 6, kernelSize: 5, padding: "same", ...relu }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.conv2d({ filters: 16, kernelSize: 5, ...relu }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.flatten(),
        layers.dense({ units: 120, ...relu }),
        layers.dense({ units: 84, ...relu }),
        layers.dense({ units: classes, activation: "softmax", ...torch }),
      ],
      { seed },
    ),
    compile: { optimizer: adamwCycle(0.004), ...classifying() },
    fit: { epochs, batchSize: 128 },
  };
}

/** Three normalised convolutions: over 99% of MNIST's digits after seeing each once. */
export function mnistFast({
  classes = 10,
  inputShape = DIGITS,
  epochs = 3,
  seed = 0,
}: ClassifierOptions = {}): Preset {
  const once = epochs === 1;
  return {
    about: "Three normalised convolutions, for digits in seconds.",
    source: `Springenberg, Dosovitskiy, Brox, Riedmiller: Striving for simplicity, 2014 (a stride instead of pooling); ${IDEAS}; widths and recipe measured for this package (docs/results.md)`,
    spec: chain(
      "mnistFast",
      inputShape,
      [...threeConvolutions([16, 24, 32]), layers.dense({ units: classes, activation: "softmax", ...torch })],
      { seed },
    ),
    compile: {
      optimizer: once ? adamwCycle(0.01, { beta2: 0.95 }) : adamwCycle(0.008),
      ...classifying(once ? 0.1 : 0),
    },
    fit: { epochs, batchSize: once ? 64 : 128, ...(once ? {} : { augmentation: { shift: 1 } }) },
  };
}

/** Five normalised convolutions, with slight distortions and softened targets: for the last tenths of a percent. */
export function mnistCnn({
  classes = 10,
  inputShape = DIGITS,
  epochs = 10,
  seed = 0,
}: ClassifierOptions = {}): Preset {
  return {
    about: "Five normalised convolutions and distorted digits, for the last tenths of a percent.",
    source: `Simonyan, Zisserman: Very deep convolutional networks for large-scale image recognition, 2014 (pairs of 3x3 kernels); ${IDEAS}; Simard, Steinkraus, Platt: Best practices for convolutional neural networks, 2003 (distorted digits); widths and recipe measured for this package (docs/results.md)`,
    spec: chain(
      "mnistCnn",
      inputShape,
      [
        ...fiveConvolutions([32, 32, 48, 64, 96]),
        layers.dense({ units: classes, activation: "softmax", ...torch }),
      ],
      { seed },
    ),
    compile: { optimizer: adamwCycle(0.008, { weightDecay: 0.01 }), ...classifying(0.05) },
    fit: { epochs, batchSize: 128, augmentation: slight },
  };
}
