/** Which network learns, how large, and how long. */

export const kinds = {
  gru: {
    name: "GRU",
    about: "Reads character by character and keeps a state. The quicker one to learn words.",
  },
  transformer: {
    name: "Transformer",
    about: "Looks back at all characters in its window at once. Needs longer.",
  },
} as const;

export const sizes = { small: "small", medium: "medium" } as const;

export type Kind = keyof typeof kinds;
export type Size = keyof typeof sizes;

/** Characters that the networks see at once. */
export const WINDOW = 96;

/** Characters that are read in all, where the text allows it: what a small network needs to form words. */
const READ = 6_000_000;
const FEWEST = 3;
/** Of a short text, more would be learned by heart. */
const MOST = 40;

/** How often a text of so many characters is to be read. */
export function suggestedEpochs(characters: number): number {
  return Math.min(MOST, Math.max(FEWEST, Math.round(READ / characters)));
}

/** Windows a step: of a short text fewer, so that there are steps enough. */
export function batchSizeFor(windows: number): number {
  return windows >= 1000 ? 32 : windows >= 100 ? 16 : 8;
}

/** What is wrong with a number of epochs, in words; empty if nothing is. */
export function epochsProblem(value: number | undefined): string {
  const sound = value === undefined || (Number.isInteger(value) && value >= 1 && value <= 1000);
  return sound ? "" : "Expected a whole number from 1 to 1,000.";
}

/** What settings were stored, as far as they make sense today. */
export interface Choice {
  kind: Kind;
  size: Size;
  /** As often as suggested, if not given. */
  epochs?: number;
  prompt: string;
  temperature: number;
}

export const defaults: Choice = { kind: "gru", size: "small", prompt: "", temperature: 0.8 };

/** The hottest that makes sense: above, what is written is noise. */
export const HOTTEST = 1.5;

export function asChoice(value: unknown): Choice | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { kind, size, epochs, prompt, temperature } = value as Partial<Choice>;
  return {
    kind: kind !== undefined && kind in kinds ? kind : defaults.kind,
    size: size !== undefined && size in sizes ? size : defaults.size,
    prompt: typeof prompt === "string" ? prompt : defaults.prompt,
    temperature:
      typeof temperature === "number" && temperature >= 0 && temperature <= HOTTEST
        ? temperature
        : defaults.temperature,
    ...(epochs !== undefined && epochsProblem(epochs) === "" ? { epochs } : {}),
  };
}
