import { catalog } from "../data/catalog.svelte";
import { models } from "../models/models.svelte";
import { remember, remembered } from "../shared/settings";
import { CODES, type Kind, kinds } from "./kinds";

/** What is kept over reloads. */
export interface Choice {
  kind: Kind;
  /** How many numbers a code has. */
  code: number;
  /** Standard deviation of the noise as a share of the way from black to white, for each kind. */
  noise: Record<Kind, number>;
  epochs: number;
  /** Pictures an epoch learns from, at most. */
  pictures: number;
  seed: number;
}

const usual: Choice = {
  kind: "code",
  code: 16,
  noise: { code: 0, new: 0, noise: 0.4 },
  epochs: 5,
  pictures: 10_000,
  seed: 1,
};

/** What someone chose on this place. */
class RebuildSettings {
  chosen = $state<Choice>({ ...usual, ...remembered("rebuild", asChoice) });
  /** Chosen by the user; empty to take the dataset's name. */
  wantedName = $state("");

  get name(): string {
    const { kind } = this.chosen;
    const usual = `${catalog.chosen?.name ?? "Pictures"}, ${kinds[kind].name.toLowerCase()}`;
    return this.wantedName.trim() || models.freeName(usual);
  }

  get noise(): number {
    return this.chosen.noise[this.chosen.kind];
  }

  setNoise(level: number): void {
    this.set("noise", { ...this.chosen.noise, [this.chosen.kind]: level });
  }

  set<K extends keyof Choice>(field: K, value: Choice[K]): void {
    this.chosen[field] = value;
    if (this.sound) remember("rebuild", $state.snapshot(this.chosen));
  }

  /** What is wrong with a number, in words; empty if nothing is. */
  problem(field: "epochs" | "pictures" | "seed"): string {
    const value = this.chosen[field];
    const [least, most] = BOUNDS[field];
    if (Number.isInteger(value) && value >= least && value <= most) return "";
    return `Expected a whole number from ${least.toLocaleString("en")} to ${most.toLocaleString("en")}.`;
  }

  get nameProblem(): string {
    const name = this.wantedName.trim();
    return name === "" ? "" : models.refusal(name);
  }

  get sound(): boolean {
    return (["epochs", "pictures", "seed"] as const).every((field) => this.problem(field) === "");
  }
}

const BOUNDS = { epochs: [1, 1000], pictures: [64, 100_000], seed: [0, 1_000_000_000] } as const;

function asChoice(value: unknown): Partial<Choice> | undefined {
  const { kind, code, noise, epochs, pictures, seed } = value as Choice;
  const levels = { ...usual.noise, ...noise };
  const sound =
    Object.hasOwn(kinds, kind) &&
    (Object.keys(kinds) as Kind[]).every((kind) => levels[kind] >= 0 && levels[kind] <= 1) &&
    [epochs, pictures, seed].every(Number.isInteger) &&
    Number.isInteger(code) &&
    code >= CODES[0] &&
    code <= CODES[1];
  return sound ? { kind, code, noise: levels, epochs, pictures, seed } : undefined;
}

export const settings = new RebuildSettings();
