import { copyModel, listModels, loadModel, removeModel, renameModel, type SavedModel } from "tabgrad";
import { notices } from "../frame/notices.svelte";
import { keptRuns } from "../runs/kept-runs.svelte";
import { download } from "../shared/download";
import { explain, type Problem, problemOf } from "../shared/problem";
import { remember, remembered } from "../shared/settings";
import { current, modelUrl, SHIPPED } from "./current.svelte";
import { keepNote, languageNote, noteOf } from "./notes";
import { storage } from "./storage.svelte";

/** The models stored in this browser. */
class Models {
  list = $state.raw<SavedModel[]>([]);
  /** Deleted, but still to be had back for ten seconds. */
  going = $state.raw<string[]>([]);
  problem = $state.raw<Problem | undefined>();
  loaded = $state(false);

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
      if (current.name === from) current.renamed(to);
    });
  }

  async copy(name: string): Promise<void> {
    const to = this.freeName(`${name} copy`);
    await this.#try(async () => {
      await copyModel(modelUrl(name), modelUrl(to));
      keepNote(to, noteOf(name));
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

  async export(name: string): Promise<void> {
    await this.#try(async () => {
      const model = await loadModel(modelUrl(name));
      try {
        download(await model.export("safetensors"), `${name}.safetensors`);
      } finally {
        model.dispose();
      }
    });
  }

  async import(file: File): Promise<void> {
    this.problem = undefined;
    try {
      const model = await loadModel(file);
      const name = this.freeName(file.name.replace(/\.safetensors$/i, ""));
      await model.save(modelUrl(name));
      keepNote(name, languageNote(model));
      model.dispose();
    } catch (error) {
      this.problem = { ...problemOf(error), text: `${file.name}: ${explain(error)}` };
      return;
    }
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
    } catch (error) {
      this.problem = problemOf(error);
    }
    this.#setGoing(this.going.filter((n) => n !== name));
  }
}

export const models = new Models();
