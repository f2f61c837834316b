import type { MetricSpec } from "tabgrad";
import { catalog } from "../../data/catalog.svelte";
import { models } from "../../models/models.svelte";
import { remember, remembered } from "../../shared/settings";
import { network } from "../network/network.svelte";
import { defaultPreset, type RunSettings } from "../network/presets";
import type { Value } from "./fields";
import { changedFrom, withRecipe } from "./own-settings";
import { positive, problemOf, type Range, share } from "./ranges";
import { asRunSettings } from "./stored-run";

/** The numbers that every run has. */
const ranges = {
  learningRate: { ...positive, such: 0.001 },
  labelSmoothing: { ...share, such: 0.1 },
  batchSize: { from: 1, to: 4096, whole: true },
  epochs: { from: 1, to: 1000, whole: true },
  seed: { from: 0, whole: true },
} satisfies Partial<Record<keyof RunSettings, Range>>;

type NumberName = keyof typeof ranges;

/** What the run card says: how to train, and under which name the model is kept. */
class TrainSettings {
  run = $state<RunSettings>({ ...defaultPreset.run });
  /** The recipe that they began with. */
  recipe = $state.raw<RunSettings>(defaultPreset.run);
  /** Chosen by the user; empty to take the dataset's name. */
  wantedName = $state("");

  start(): void {
    const stored = remembered("settings", (value) => {
      const { run, recipe } = (value ?? {}) as { run?: unknown; recipe?: unknown };
      const own = asRunSettings(run, defaultPreset.run);
      return own && { run: own, recipe: asRunSettings(recipe, defaultPreset.run) ?? own };
    });
    if (!stored) return;
    this.run = stored.run;
    this.recipe = stored.recipe;
  }

  get name(): string {
    return this.wantedName.trim() || models.freeName(catalog.chosen?.name ?? "Model");
  }

  /** As they are now, to be handed on. */
  get plain(): RunSettings {
    return $state.snapshot(this.run) as RunSettings;
  }

  /** Takes a preset and its recipe, of which stays what someone has set otherwise. */
  choosePreset(id: string): void {
    const { plain, recipe } = this;
    this.usePreset(id);
    this.run = withRecipe(plain, recipe, this.recipe);
    this.keep();
  }

  /** Takes a preset, and all that its recipe says. */
  usePreset(id: string): void {
    network.usePreset(id);
    const preset = network.presetOf(id);
    if (preset) this.recipe = preset.run;
    this.useRecipe();
  }

  /** The parts that are not as the preset has them. */
  get changed(): string[] {
    return changedFrom(this.recipe, this.run);
  }

  /** Has them as the preset has them; what no preset says stays. */
  useRecipe(): void {
    this.run = withRecipe(this.plain, this.plain, this.recipe);
    this.keep();
  }

  set<K extends keyof RunSettings>(name: K, value: RunSettings[K]): void {
    this.run[name] = value;
    this.keep();
  }

  /** Sets what belongs to an optimiser, a schedule or the updates; undefined is what is usual. */
  setAttribute(kind: string, name: string, value: Value | undefined): void {
    const { [name]: _, ...others } = this.run.attributes?.[kind] ?? {};
    const own = value === undefined ? others : { ...others, [name]: value };
    this.run.attributes = { ...this.run.attributes, [kind]: own };
    this.keep();
  }

  /** Measures something, or no more. */
  setMetric(type: MetricSpec["type"], wanted: boolean): void {
    const others = (this.run.metrics ?? []).filter((other) => other !== type);
    this.set("metrics", wanted ? [...others, type] : others);
  }

  keep(): void {
    // Numbers that are none would not be read again.
    if (this.sound) remember("settings", { run: this.run, recipe: this.recipe });
  }

  /** What is wrong with a number, in words; empty if nothing is. */
  problem(name: NumberName): string {
    return problemOf(this.run[name], ranges[name]);
  }

  get nameProblem(): string {
    const name = this.wantedName.trim();
    return name === "" ? "" : models.refusal(name);
  }

  /** Whether name and numbers are; what optimiser and schedule are told is another matter (recipe.ts). */
  get sound(): boolean {
    return (
      this.nameProblem === "" &&
      (Object.keys(ranges) as NumberName[]).every((name) => this.problem(name) === "")
    );
  }
}

export const settings = new TrainSettings();
