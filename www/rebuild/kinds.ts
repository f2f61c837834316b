/** What networks on this place are for. */
import type { ModelSpec } from "tabgrad";
import { type Preset, presets } from "tabgrad/presets";
import type { Shape } from "./pictures";

export type Kind = "code" | "new" | "noise";

export const kinds: Readonly<Record<Kind, { name: string; about: string }>> = {
  code: {
    name: "Small code",
    about: "Each picture becomes a few numbers, and a picture again: what is not in the numbers is lost.",
  },
  new: {
    name: "New pictures",
    about:
      "A small code again, of which those of all pictures together are like numbers at random: so numbers at random become pictures.",
  },
  noise: {
    name: "Against noise",
    about: "Learns from noisy pictures to give the clean ones, of any strength of noise.",
  },
};

/** Whether networks of a kind have a small code. */
export function isCoded(kind: Kind): boolean {
  return kind !== "noise";
}

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
  // The noise of this place is not the network's: its pictures come with it.
  const { code, epochs, seed } = given;
  if (kind === "noise") return presets.denoisingAutoencoder({ inputShape, epochs, seed });
  const make = kind === "code" ? presets.convAutoencoder : presets.variationalAutoencoder;
  return make({ inputShape, code, epochs, seed });
}

const NAMES: Readonly<Record<string, Kind>> = {
  convAutoencoder: "code",
  variationalAutoencoder: "new",
  denoisingAutoencoder: "noise",
};

/** What a model is for; undefined for one that gives no pictures back. */
export function kindOf({ name = "" }: ModelSpec): Kind | undefined {
  return Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
}
