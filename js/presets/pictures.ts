/** Networks for coloured pictures. */
import { graphDesign, input, type Node } from "../model/graph.js";
import { layers } from "../model/layers.js";
import type { ModelSpec, OptimizerSpec } from "../types/specs.js";
import { type ClassifierOptions, chain, classifying, follow, type Preset } from "./preset.js";

const CIFAR = [32, 32, 3] as const;

/** A network of one input that ends in classes. */
function classifier(
  name: string,
  inputShape: readonly number[],
  body: (start: Node) => Node,
  { classes, seed }: { classes: number; seed: number },
): ModelSpec {
  const start = input({ shape: inputShape, name: "image" });
  const end = follow(
    body(start),
    layers.globalAveragePooling2d(),
    layers.dense({ units: classes, activation: "softmax" }),
  );
  return graphDesign({ name, seed, inputs: start, outputs: end }).spec;
}

/** A convolution without bias, and batch normalisation. */
function convNorm(start: Node, filters: number, kernelSize: number, strides = 1): Node {
  return follow(
    start,
    layers.conv2d({
      filters,
      kernelSize,
      strides,
      padding: "same",
      useBias: false,
      kernelInitializer: "heNormal",
    }),
    layers.batchNormalization({ momentum: 0.9 }),
  );
}

const rectified = (start: Node, activation: "relu" | "relu6" = "relu"): Node =>
  layers.activation({ activation }).apply(start);

/** Nesterov's momentum on a cycle, with decay by the loss. */
const momentum = (peak: number): OptimizerSpec => ({
  type: "sgd",
  learningRate: { type: "oneCycle", peak, warmup: 0.2 },
  momentum: 0.9,
  nesterov: true,
  weightDecay: 5e-4,
});

/** Crops and flips, as nearly everybody trains on CIFAR-10. */
const cropped = { flipHorizontal: 0.5, crop: 4 } as const;

/** A residual network of `6 blocks + 2` layers. */
function resnet(blocks: number, options: ClassifierOptions, epochs: number): Preset {
  const { classes = 10, inputShape = CIFAR, seed = 0 } = options;
  const depth = 6 * blocks + 2;
  const body = (start: Node): Node => {
    let last = rectified(convNorm(start, 16, 3));
    let width = 16;
    for (const [stage, filters] of [16, 32, 64].entries()) {
      for (let block = 0; block < blocks; block++) {
        const strides = stage > 0 && block === 0 ? 2 : 1;
        const inner = convNorm(rectified(convNorm(last, filters, 3, strides)), filters, 3);
        const shortcut = filters === width ? last : convNorm(last, filters, 1, strides);
        last = rectified(layers.add().apply([inner, shortcut]));
        width = filters;
      }
    }
    return last;
  };
  return {
    about: `A residual network of ${depth} layers.`,
    source: "He, Zhang, Ren, Sun: Deep residual learning for image recognition, 2015",
    spec: classifier(`resnet${depth}`, inputShape, body, { classes, seed }),
    compile: { optimizer: momentum(0.2), ...classifying(0.1) },
    fit: { epochs: options.epochs ?? epochs, batchSize: 128, augmentation: cropped },
  };
}

/** A small residual network: 78 thousand parameters. */
export const resnet8 = (options: ClassifierOptions = {}): Preset => resnet(1, options, 15);

/** The smallest residual network of the paper: 0.27 million parameters. */
export const resnet20 = (options: ClassifierOptions = {}): Preset => resnet(3, options, 20);

/** How `muonCnn` is built and trained. */
interface MuonRecipe {
  widths: readonly [number, number, number];
  epochs: number;
  batchSize: number;
  /** Of the kernels of convolutions, and of all else. */
  rates: readonly [number, number];
}

/** Three stages of two normalised convolutions, which Muon updates: the most accurate for the time on small pictures. */
function muonCnn(name: string, recipe: MuonRecipe, options: ClassifierOptions): Preset {
  const { classes = 10, inputShape = CIFAR, epochs = recipe.epochs, seed = 0 } = options;
  const gelu = () => layers.activation({ activation: "gelu", approximate: true });
  const conv = (filters: number) =>
    layers.conv2d({ filters, kernelSize: 3, padding: "same", useBias: false });
  const normalized = () => [layers.batchNormalization({ momentum: 0.9, scale: false }), gelu()];
  const stage = (filters: number) => [
    conv(filters),
    layers.maxPooling2d({ poolSize: 2 }),
    ...normalized(),
    conv(filters),
    ...normalized(),
  ];
  return {
    about: `Convolutions of ${recipe.widths.join(", ")} channels under Muon, for small pictures in minutes.`,
    source: "Jordan: 94% on CIFAR-10 in 3.29 seconds on a single GPU, 2024; narrower, and without whitening",
    spec: chain(
      name,
      inputShape,
      [
        // From 0 to 1, about to mean 0 and deviation 1.
        layers.rescaling({ scale: 4, offset: -1.9 }),
        layers.conv2d({ filters: 24, kernelSize: 2 }),
        gelu(),
        ...recipe.widths.flatMap(stage),
        layers.globalMaxPooling2d(),
        layers.dense({ units: classes, useBias: false }),
        layers.rescaling({ scale: 1 / 9 }),
        layers.activation({ activation: "softmax" }),
      ],
      { seed },
    ),
    compile: {
      optimizer: {
        type: "muon",
        learningRate: { type: "polynomial", learningRate: recipe.rates[0] },
        momentum: 0.6,
        steps: 3,
        normalize: true,
        adjust: "none",
        others: {
          type: "sgd",
          learningRate: recipe.rates[1],
          momentum: 0.85,
          nesterov: true,
          weightDecay: 2.4e-3,
        },
      },
      ...classifying(0.2),
    },
    fit: {
      epochs,
      batchSize: recipe.batchSize,
      augmentation: { flipHorizontal: 0.5, crop: 2, border: "reflect" },
    },
  };
}

/** CIFAR-10 in some minutes. */
export const cifarFast = (options: ClassifierOptions = {}): Preset =>
  muonCnn("cifarFast", { widths: [32, 64, 128], epochs: 6, batchSize: 256, rates: [0.2, 0.15] }, options);

/** CIFAR-10 in a quarter of an hour or so: twice as wide, and the large batches make up for what Muon costs then. */
export const cifarCnn = (options: ClassifierOptions = {}): Preset =>
  muonCnn("cifarCnn", { widths: [64, 128, 256], epochs: 8, batchSize: 512, rates: [0.28, 0.2] }, options);

/** Channels in eighths, and not more than a tenth too few. */
function eighths(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

/** What `mobilenetV2` takes. */
export interface MobilenetOptions extends ClassifierOptions {
  /** What the channels are multiplied by; default 0.35. */
  width?: number;
}

/** Strides of 2 halve a picture this often in the paper, whose pictures have 224 pixels. */
const HALVINGS = 5;

/** How many of the first strides of 2 are left out, so that 3 x 3 places and more are left at the end. */
const leftOut = (size: number): number =>
  Math.min(HALVINGS, Math.max(0, HALVINGS - (31 - Math.clz32(size / 3))));

/**
 * Inverted residuals on depthwise convolutions: accurate for its cost. Pictures of less than 96 pixels are not
 * halved by the first of its strides, as is usual: of 32 pixels, 4 are left.
 */
export function mobilenetV2(options: MobilenetOptions = {}): Preset {
  const { classes = 10, inputShape = [96, 96, 3], width = 0.35, epochs = 20, seed = 0 } = options;
  const scaled = (channels: number) => eighths(channels * width);
  // Expansion, channels, repetitions, stride of the first; the paper's table 2.
  const stages = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ] as const;
  const [height = 1, breadth = 1] = inputShape;
  const body = (start: Node): Node => {
    let whole = leftOut(Math.min(height, breadth));
    const stridesOf = (stride: number): number => {
      if (stride === 1 || whole === 0) return stride;
      whole -= 1;
      return 1;
    };
    let channels = scaled(32);
    let last = rectified(convNorm(start, channels, 3, stridesOf(2)), "relu6");
    for (const [expansion, out, repetitions, stride] of stages) {
      for (let block = 0; block < repetitions; block++) {
        const before = last;
        const strides = block === 0 ? stridesOf(stride) : 1;
        if (expansion > 1) last = rectified(convNorm(last, channels * expansion, 1), "relu6");
        last = follow(
          last,
          layers.depthwiseConv2d({ kernelSize: 3, strides, padding: "same", useBias: false }),
          layers.batchNormalization({ momentum: 0.9 }),
        );
        last = convNorm(rectified(last, "relu6"), scaled(out), 1);
        if (strides === 1 && channels === scaled(out)) last = layers.add().apply([before, last]);
        channels = scaled(out);
      }
    }
    return rectified(convNorm(last, Math.max(1280, eighths(1280 * width)), 1), "relu6");
  };
  return {
    about: "Inverted residuals on depthwise convolutions: accurate for its cost.",
    source:
      "Sandler, Howard, Zhu, Zhmoginov, Chen: MobileNetV2: inverted residuals and linear bottlenecks, 2018",
    spec: classifier("mobilenetV2", inputShape, body, { classes, seed }),
    compile: { optimizer: momentum(0.1), ...classifying(0.1) },
    fit: { epochs, batchSize: 64, augmentation: { flipHorizontal: 0.5, crop: Math.ceil(height / 12) } },
  };
}
