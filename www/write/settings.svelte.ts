import { models } from "../models/models.svelte";
import { remember, remembered } from "../shared/settings";
import { asChoice, type Choice, defaults, epochsProblem } from "./choice";

/** What was chosen on this place; kept over reloads. */
class WriteSettings {
  chosen = $state<Choice>({ ...defaults, ...remembered("write", asChoice) });
  /** Chosen by the user; empty to take the text's name. */
  wantedName = $state("");

  set<K extends keyof Choice>(field: K, value: Choice[K]): void {
    this.chosen[field] = value;
    this.#keep();
  }

  /** Empty for as many as suggested. */
  setEpochs(value: number | undefined): void {
    if (value === undefined) delete this.chosen.epochs;
    else this.chosen.epochs = value;
    if (this.epochsProblem === "") this.#keep();
  }

  get epochsProblem(): string {
    return epochsProblem(this.chosen.epochs);
  }

  get nameProblem(): string {
    const name = this.wantedName.trim();
    return name === "" ? "" : models.refusal(name);
  }

  #keep(): void {
    remember("write", $state.snapshot(this.chosen));
  }
}

export const settings = new WriteSettings();
