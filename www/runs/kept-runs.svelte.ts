import { type KeptRun, listRuns, loadRun, removeRun } from "tabgrad";
import { notices } from "../frame/notices.svelte";
import { modelUrl } from "../models/current.svelte";
import { storage } from "../models/storage.svelte";
import { download } from "../shared/download";
import { isMissing, type Problem, problemOf } from "../shared/problem";
import { remember, remembered } from "../shared/settings";
import { forgetPlan } from "./plans";

/** The runs that are kept in this browser: those that are not over, and those whose model is not saved yet. */
class KeptRuns {
  list = $state.raw<readonly KeptRun[]>([]);
  /** Deleted, but still to be had back for ten seconds. */
  going = $state.raw<readonly string[]>([]);
  problem = $state.raw<Problem | undefined>();

  get shown(): readonly KeptRun[] {
    return this.list.filter(({ name }) => !this.going.includes(name));
  }

  /** What they take. */
  get bytes(): number {
    return this.list.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  find(name: string): KeptRun | undefined {
    return this.list.find((run) => run.name === name);
  }

  async start(): Promise<void> {
    // Deletions whose ten seconds were cut short by a reload.
    for (const name of remembered("deletingRuns", asNames) ?? []) await this.erase(name);
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
    this.#setGoing([...this.going, name]);
    notices.show(
      `The run ${name} was deleted.`,
      { label: "Undo", run: () => this.#setGoing(this.going.filter((other) => other !== name)) },
      () => void this.erase(name),
    );
  }

  /** Deletes it at once, for good, with what its place remembers of it. */
  async erase(name: string): Promise<void> {
    try {
      await removeRun(modelUrl(name));
    } catch (error) {
      if (!isMissing(error)) this.problem = problemOf(error);
    }
    forgetPlan(name);
    this.#setGoing(this.going.filter((other) => other !== name));
    await this.refresh();
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

  #setGoing(names: readonly string[]): void {
    this.going = names;
    remember("deletingRuns", names);
  }
}

function asNames(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : undefined;
}

export const keptRuns = new KeptRuns();
