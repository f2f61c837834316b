import { catalog } from "../data/catalog.svelte";
import { models } from "../models/models.svelte";
import { remember, remembered } from "../shared/settings";
import { network } from "./network.svelte";
import { defaultPreset, type RunSettings } from "./presets";

/** What the run card says: how to train, and under which name the model is kept. */
class TrainSettings {
  run = $state<RunSettings>({ ...defaultPreset.run });
  /** Chosen by the user; empty to take the dataset's name. */
  wantedName = $state("");

  start(): void {
    const stored = remembered("settings", (value) => {
      const { run } = value as { run: RunSettings };
      const numbers = [run?.learningRate, run?.batchSize, run?.epochs, run?.seed];
      return numbers.every(Number.isFinite) ? run : undefined;
    });
    // What was stored by an earlier version lacks what came later.
    if (stored) this.run = { ...defaultPreset.run, ...stored };
  }

  get name(): string {
    return this.wantedName.trim() || models.freeName(catalog.chosen?.name ?? "Model");
  }

  usePreset(id: string): void {
    network.usePreset(id);
    const preset = network.presetOf(id);
    if (preset) this.run = { ...preset.run };
    this.keep();
  }

  keep(): void {
    remember("settings", { run: this.run });
  }

  /** What is wrong with a number, in words; empty if nothing is. */
  problem(field: keyof RunSettings): string {
    const value = this.run[field];
    if (field === "learningRate" && !(Number(value) > 0)) return "Expected a number above 0, such as 0.001.";
    if (field === "labelSmoothing" && !(Number(value) >= 0 && Number(value) < 1))
      return "Expected a number from 0 to below 1, such as 0.1.";
    if (field === "batchSize" && !whole(value, 1, 4096)) return "Expected a whole number from 1 to 4,096.";
    if (field === "epochs" && !whole(value, 1, 1000)) return "Expected a whole number from 1 to 1,000.";
    if (field === "seed" && !whole(value, 0, Number.MAX_SAFE_INTEGER))
      return "Expected a whole number from 0.";
    return "";
  }

  get nameProblem(): string {
    const name = this.wantedName.trim();
    return name === "" || models.freeName(name) === name
      ? ""
      : `There is already a model called ${name}. Choose another name.`;
  }

  get sound(): boolean {
    if (this.nameProblem !== "") return false;
    return (["learningRate", "labelSmoothing", "batchSize", "epochs", "seed"] as const).every(
      (field) => this.problem(field) === "",
    );
  }
}

function whole(value: unknown, low: number, high: number): boolean {
  return Number.isInteger(value) && Number(value) >= low && Number(value) <= high;
}

export const settings = new TrainSettings();
