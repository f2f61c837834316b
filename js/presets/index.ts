/**
 * Networks with recipes that train them well: `modelFromSpec(preset.spec).compile(preset.compile)`, then
 * `fit(data, preset.fit)`. What each reaches is in docs/results.md.
 */
import { convAutoencoder, denoisingAutoencoder, variationalAutoencoder } from "./autoencoders.js";
import { lenet, mnistCnn, mnistFast } from "./digits.js";
import { cifarCnn, cifarFast, mobilenetV2, resnet8, resnet20 } from "./pictures.js";
import { audioCnn, mlp } from "./rows-and-sounds.js";
import { gruLanguageModel, lstmClassifier, textCnn, tinyTransformer } from "./texts.js";

export type { AutoencoderOptions, CodeOptions, DenoisingOptions } from "./autoencoders.js";
export type { MobilenetOptions } from "./pictures.js";
export type { ClassifierOptions, Preset, PresetOptions } from "./preset.js";
export type { MlpOptions } from "./rows-and-sounds.js";
export type { LanguageOptions, TextOptions } from "./texts.js";

/** The presets by name. */
export const presets = {
  lenet,
  mnistFast,
  mnistCnn,
  cifarFast,
  cifarCnn,
  resnet8,
  resnet20,
  mobilenetV2,
  textCnn,
  lstmClassifier,
  gruLanguageModel,
  tinyTransformer,
  convAutoencoder,
  denoisingAutoencoder,
  variationalAutoencoder,
  audioCnn,
  mlp,
};
