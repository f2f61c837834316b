import { copyModel, listModels, removeModel, renameModel, type SavedModel } from "tabgrad";
import { notices } from "../frame/notices.svelte";
import { keptRuns } from "../runs/kept-runs.svelte";
import { type Problem, problemOf } from "../shared/problem";
import { remember, remembered } from "../shared/settings";
import { current, modelUrl, SHIPPED } from "./current.svelte";
import { keepNote, noteOf } from "./notes";
import { keepProvenance, provenanceOf } from "./provenance";
import { storage } from "./storage.svelte";

/** The models stored in this browser. */
class Models {
  list = $state.raw<SavedModel[]>([]);
  /** Deleted, but still to be had back for ten seconds. */
  going = $state.raw<string[]>([]);
  problem = $state.raw<Problem | undefined>();
  loaded = $state(false);
  /** The model that is about to leave as a file. */
  leaving = $state("");

  get shown(): SavedModel[] {
    return this.list.filter(({ name }) => !this.going.includes(name));
  }

  async start(): Promise<void> {
    // Deletions whose ten seconds were cut short by a reload.
    const left = remembered("deleting", (value) =>
      Array.isArray(value) ? value.filter((n) => typeof n === "string") : undefined,
    );
    for (const name of left ?? []) await this.#erase(name);
    await this.refresh();
  }

  async refresh(): Promise<void> {
    const before = this.problem;
    try {
      this.list = await listModels();
      // One that came up meanwhile is of something else.
      if (this.problem === before) this.problem = undefined;
    } catch (error) {
      this.problem = problemOf(error);
    }
    this.loaded = true;
    await storage.refresh();
  }

  /** `wanted`, or with a number behind it if there is such a model already, or a run that is to become one. */
  freeName(wanted: string): string {
    const taken = new Set([SHIPPED, ...[...this.list, ...keptRuns.list].map(({ name }) => name)]);
    let name = wanted;
    for (let n = 2; taken.has(name); n++) name = `${wanted} ${n}`;
    return name;
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#try(async () => {
      await renameModel(modelUrl(from), modelUrl(to));
      keepNote(to, noteOf(from));
      keepNote(from, undefined);
      keepProvenance(to, provenanceOf(from));
      keepProvenance(from, undefined);
      if (current.name === from) current.renamed(to);
    });
  }

  async copy(name: string): Promise<void> {
    const to = this.freeName(`${name} copy`);
    await this.#try(async () => {
      await copyModel(modelUrl(name), modelUrl(to));
      keepNote(to, noteOf(name));
      keepProvenance(to, provenanceOf(name));
    });
  }

  remove(name: string): void {
    this.#setGoing([...this.going, name]);
    if (current.name === name) void current.use(SHIPPED);
    notices.show(
      `${name} was deleted.`,
      { label: "Undo", run: () => this.#setGoing(this.going.filter((n) => n !== name)) },
      () => void this.erase(name),
    );
  }

  /** Deletes at once, for good. */
  async erase(name: string): Promise<void> {
    await this.#erase(name);
    await this.refresh();
  }

  async #try(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.problem = problemOf(error);
      return;
    }
    await this.refresh();
  }

  #setGoing(names: string[]): void {
    this.going = names;
    remember("deleting", names);
  }

  async #erase(name: string): Promise<void> {
    try {
      await removeModel(modelUrl(name));
      keepNote(name, undefined);
      keepProvenance(name, undefined);
    } catch (error) {
      this.problem = problemOf(error);
    }
    this.#setGoing(this.going.filter((n) => n !== name));
  }
}

export const models = new Models();
