/** What becomes of a run that is over. */
import { type Model, removeRun } from "tabgrad";
import { modelUrl } from "../models/current.svelte";
import { models } from "../models/models.svelte";
import { storage } from "../models/storage.svelte";
import { type Problem, problemOf } from "../shared/problem";
import { keptRuns } from "./kept-runs.svelte";
import { forgetPlan } from "./plans";

/** Saves its model; until that is done the run stays. Resolves to why it was not done. */
export async function saveModel(model: Model, name: string): Promise<Problem | undefined> {
  let problem: Problem | undefined;
  try {
    await model.save(modelUrl(name));
    forgetPlan(name);
    await removeRun(modelUrl(name)).catch(() => undefined);
  } catch (error) {
    problem = problemOf(error);
  }
  await refreshAll();
  return problem;
}

/** Of a run that failed: one that was never kept is nothing to go on with. */
export async function forgetUnkept(name: string): Promise<void> {
  await keptRuns.refresh();
  if (!keptRuns.problem && !keptRuns.find(name)) forgetPlan(name);
}

async function refreshAll(): Promise<void> {
  await Promise.all([storage.refresh(), models.refresh(), keptRuns.refresh()]);
}
