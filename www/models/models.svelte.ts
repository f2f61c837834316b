import {
  copyModel,
  listModels,
  type Model,
  removeModel,
  renameModel,
  type SavedModel,
  type SaveOptions,
} from "tabgrad";
import { Deletions } from "../frame/deletions.svelte";
import { keptRuns } from "../runs/kept-runs.svelte";
import { type Problem, problemOf, unlessMissing } from "../shared/problem";
import { current, modelUrl, SHIPPED } from "./current.svelte";
import { freeAmong, naming, refusalAmong, takenBy } from "./naming";
import { keepNote, noteOf } from "./notes";
import { keepProvenance, provenanceOf } from "./provenance";
import { storage } from "./storage.svelte";

/** The models stored in this browser. */
class Models {
  list = $state.raw<SavedModel[]>([]);
  problem = $state.raw<Problem | undefined>();
  loaded = $state(false);
  /** The model that is about to leave as a file. */
  leaving = $state("");
  readonly #deletions = new Deletions("model", "deleting", (name) => this.erase(name));

  get #taken(): ReadonlySet<string> {
    return takenBy(this.list, keptRuns.list);
  }

  get shown(): SavedModel[] {
    return this.list.filter(({ name }) => !this.#deletions.going.includes(name));
  }

  async start(): Promise<void> {
    void this.#deletions.finish();
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
    return freeAmong(this.#taken, wanted);
  }

  /** Why a model cannot get this name, in words; empty if it can. */
  refusal(name: string): string {
    return refusalAmong(this.#taken, name);
  }

  /** Saves a model under a name that is free, of the run `of` if it comes from one. Resolves to that name. */
  saveAs(model: Model, wanted: string, options: SaveOptions = {}, of?: string): Promise<string> {
    return naming(async (taken) => {
      const name = freeAmong(taken, wanted);
      await model.save(modelUrl(name), { ...options, overwrite: false });
      return name;
    }, of);
  }

  /** Resolves to why it was not done, in words, if the name is taken. */
  async rename(from: string, to: string): Promise<string> {
    let refusal = "";
    await this.#try(async () => {
      await naming(async (taken) => {
        refusal = refusalAmong(taken, to);
        if (!refusal) await renameModel(modelUrl(from), modelUrl(to));
      });
      if (refusal) return;
      keepNote(to, noteOf(from));
      keepNote(from, undefined);
      keepProvenance(to, provenanceOf(from));
      keepProvenance(from, undefined);
      if (current.name === from) current.renamed(to);
    });
    return refusal;
  }

  async copy(name: string): Promise<void> {
    await this.#try(async () => {
      const to = await naming(async (taken) => {
        const free = freeAmong(taken, `${name} copy`);
        await copyModel(modelUrl(name), modelUrl(free));
        return free;
      });
      keepNote(to, noteOf(name));
      keepProvenance(to, provenanceOf(name));
    });
  }

  remove(name: string): void {
    this.#deletions.begin(name, `${name} was deleted.`);
    if (current.name === name) void current.use(SHIPPED);
  }

  /** Deletes at once, for good. */
  async erase(name: string): Promise<void> {
    await this.#try(async () => {
      await removeModel(modelUrl(name)).catch(unlessMissing);
      keepNote(name, undefined);
      keepProvenance(name, undefined);
    });
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
}

export const models = new Models();
