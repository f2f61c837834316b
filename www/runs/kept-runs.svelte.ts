import { type KeptRun, listRuns, loadRun, removeRun } from "tabgrad";
import { Deletions } from "../frame/deletions.svelte";
import { notices } from "../frame/notices.svelte";
import { modelUrl } from "../models/current.svelte";
import { storage } from "../models/storage.svelte";
import { download } from "../shared/download";
import { codeOf, type Problem, problemOf, unlessMissing } from "../shared/problem";
import { forgetRun } from "./plans";

/** The runs that are kept in this browser: those that are not over, and those whose model is not saved yet. */
class KeptRuns {
  list = $state.raw<readonly KeptRun[]>([]);
  problem = $state.raw<Problem | undefined>();
  readonly #deletions = new Deletions("run", "deletingRuns", (name) => this.erase(name));

  get shown(): readonly KeptRun[] {
    return this.list.filter(({ name }) => !this.#deletions.going.includes(name));
  }

  /** What they take. */
  get bytes(): number {
    return this.list.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  find(name: string): KeptRun | undefined {
    return this.list.find((run) => run.name === name);
  }

  async start(): Promise<void> {
    void this.#deletions.finish();
    await this.refresh();
  }

  async refresh(): Promise<void> {
    try {
      this.list = await listRuns();
      this.problem = undefined;
    } catch (error) {
      this.problem = problemOf(error);
    }
  }

  remove(name: string): void {
    this.#deletions.begin(name, `The run ${name} was deleted.`);
  }

  /** It is being trained: it is not to be deleted, and shown again if it was. */
  goesOn(name: string): void {
    if (this.#deletions.cancel(name)) sayKept(name);
  }

  /** Deletes it at once, for good, with what is remembered of it. */
  async erase(name: string): Promise<void> {
    let problem: Problem | undefined;
    try {
      await removeRun(modelUrl(name)).catch(unlessMissing);
      forgetRun(name);
    } catch (error) {
      if (codeOf(error) === "busy") sayKept(name);
      else problem = problemOf(error);
    }
    await this.refresh();
    this.problem ??= problem;
    await storage.refresh();
  }

  /** Hands over the model as it was when the run was kept last. */
  async export(name: string): Promise<void> {
    try {
      const model = await loadRun(modelUrl(name));
      try {
        download(await model.export("safetensors"), `${name}.safetensors`);
      } finally {
        model.dispose();
      }
    } catch (error) {
      this.problem = problemOf(error);
    }
  }
}

function sayKept(name: string): void {
  notices.show(`${name} is being trained in another tab: its run was not deleted.`);
}

export const keptRuns = new KeptRuns();
