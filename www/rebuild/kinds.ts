/** What networks on this place are for. */
import type { Model, ModelSpec } from "tabgrad";
import { modelFromSpec } from "tabgrad";
import { type Preset, presets } from "tabgrad/presets";
import type { Shape } from "./pictures";

export type Kind = "code" | "noise";

export const kinds: Readonly<Record<Kind, { name: string; about: string }>> = {
  code: {
    name: "Small code",
    about: "Each picture becomes a few numbers, and a picture again: what is not in the numbers is lost.",
  },
  noise: {
    name: "Against noise",
    about: "Learns from noisy pictures to give the clean ones, of any strength of noise.",
  },
};

/** The layer whose output is the code. */
export const CODE = "code";

/** Numbers that a code may have. */
export const CODES = [2, 32] as const;

/** The network and how it is trained. */
export function recipe(
  kind: Kind,
  inputShape: Shape,
  given: { code: number; epochs: number; seed: number },
): Preset {
  const { code, ...options } = given;
  return kind === "code"
    ? presets.convAutoencoder({ inputShape, code, ...options })
    : presets.denoisingAutoencoder({ inputShape, ...options });
}

/** What a model is for; undefined for one that gives no pictures back. */
export function kindOf({ name }: ModelSpec): Kind | undefined {
  if (name === "convAutoencoder") return "code";
  return name === "denoisingAutoencoder" ? "noise" : undefined;
}

/** What comes behind the code as a model by itself: numbers become pictures. */
export async function decoderOf(model: Model): Promise<Model | undefined> {
  const { spec } = model;
  const at = spec.nodes.findIndex(({ name }) => name === CODE);
  const layer = spec.nodes[at]?.layer;
  if (layer?.type !== "dense") return undefined;
  const decoder = modelFromSpec({
    ...spec,
    name: "decoder",
    // Those behind find the code under the name that it has in the whole.
    inputs: [{ name: CODE, shape: [layer.units] }],
    nodes: spec.nodes.slice(at + 1),
  });
  await decoder.loadWeights(model, { byName: true });
  return decoder;
}
