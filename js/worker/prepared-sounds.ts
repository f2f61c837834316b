/** Sounds on their way to a model. */
import { TabgradError } from "../errors.js";
import { AudioEncoder, type Model } from "../generated/tabgrad.js";
import type { WireSound } from "../protocol.js";
import { type Encoded, joined } from "./samples.js";

/** Sounds as the model's preprocessing makes numbers of them. */
export function preparedSounds(model: Model, sounds: readonly WireSound[]): Encoded {
  const spec = model.preprocessing()?.audio;
  if (!spec) {
    throw new TabgradError(
      "argument",
      "x: found a sound, but the model's preprocessing says nothing of sounds; one that is trained on a dataset of recordings does.",
    );
  }
  const encoder = new AudioEncoder(spec);
  try {
    return joined(
      sounds.map(({ samples, channels, rate }) => encoder.encode(samples, channels, rate)),
      "sound",
    );
  } finally {
    encoder.free();
  }
}
