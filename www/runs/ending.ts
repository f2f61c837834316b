/** What becomes of a run that is over. */
import { type Model, removeRun } from "tabgrad";
import { modelUrl } from "../models/current.svelte";
import { models } from "../models/models.svelte";
import { storage } from "../models/storage.svelte";
import { type Problem, problemOf } from "../shared/problem";
import { keptRuns } from "./kept-runs.svelte";
import { forgetRun } from "./plans";

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
    forgetRun(run);
    await removeRun(modelUrl(run)).catch(() => undefined);
  } catch (error) {
    saved.problem = problemOf(error);
  }
  await refreshAll();
  return saved;
}

async function refreshAll(): Promise<void> {
  await Promise.all([storage.refresh(), models.refresh(), keptRuns.refresh()]);
}
