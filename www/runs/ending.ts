/** What becomes of a run that is over. */
import { type Model, removeRun } from "tabgrad";
import { modelUrl } from "../models/current.svelte";
import { models } from "../models/models.svelte";
import { storage } from "../models/storage.svelte";
import { type Problem, problemOf } from "../shared/problem";
import { keptRuns } from "./kept-runs.svelte";
import { forgetPlan } from "./plans";

interface Saved {
  /** What the model is called. */
  name: string;
  /** Why it was not saved. */
  problem?: Problem;
}

/**
 * Saves the model of a run, in the place of the one of its name where the run goes on with that; until it is done the run
 * stays.
 */
export async function saveModel(model: Model, run: string, goesOn: boolean): Promise<Saved> {
  const saved: Saved = { name: run };
  try {
    if (goesOn) await model.save(modelUrl(run));
    else saved.name = await models.saveAs(model, run, {}, run);
    forgetPlan(run);
    await removeRun(modelUrl(run)).catch(() => undefined);
  } catch (error) {
    saved.problem = problemOf(error);
  }
  await refreshAll();
  return saved;
}

/** Of a run that failed: one that was never kept is nothing to go on with. */
export async function forgetUnkept(name: string): Promise<void> {
  await keptRuns.refresh();
  if (!keptRuns.problem && !keptRuns.find(name)) forgetPlan(name);
}

async function refreshAll(): Promise<void> {
  await Promise.all([storage.refresh(), models.refresh(), keptRuns.refresh()]);
}
