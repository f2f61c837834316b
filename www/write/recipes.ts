import { type Preset, presets } from "tabgrad/presets";
import { type Choice, WINDOW } from "./choice";

/** Numbers of the state, or of each position. The medium ones are the recipes' own. */
const units = { gru: { small: 128, medium: 256 }, transformer: { small: 64, medium: 96 } } as const;

/** The network of this choice for so many ids, and how it is trained. */
export function recipe({ kind, size }: Pick<Choice, "kind" | "size">, ids: number, epochs?: number): Preset {
  const make = kind === "gru" ? presets.gruLanguageModel : presets.tinyTransformer;
  return make({ length: WINDOW, vocabulary: ids, units: units[kind][size], ...(epochs ? { epochs } : {}) });
}
