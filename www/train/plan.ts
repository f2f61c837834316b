/** What it takes to begin a run of the Train place, and to go on with it. */
import {
  type CompileOptions,
  type FitOptions,
  loadModel,
  type Model,
  type ModelSpec,
  modelFromSpec,
} from "tabgrad";
import type { Answer } from "../data/answer";
import type { Entry } from "../data/entry.svelte";
import { modelUrl } from "../models/current.svelte";
import type { DataPlan } from "../runs/data-plan";
import { type Planned, planOf } from "../runs/plans";
import { forget, remembered } from "../shared/settings";
import { bestOf } from "./kept";
import { network } from "./network/network.svelte";
import { fedTo, type RunSettings } from "./network/presets";

/** A run as it was started: the same again is what the package goes on with. */
export interface TrainPlan extends DataPlan {
  place: "train";
  settings: RunSettings;
  /** What the model of the best epoch is called, if one is kept. */
  bestName: string;
  /** What the settings came to when it began. */
  made?: Made;
  /** Epochs that an earlier version of the page went through and saved as a model of this name. */
  epochsBefore: number;
  /** How it ended, where an earlier version of the page has noted that of a run whose model is not saved yet. */
  outcome?: string;
}

interface Made {
  spec: ModelSpec;
  compiled: CompileOptions;
  fed: Pick<FitOptions, "augmentation" | "classWeight">;
}

/** One that has begun. */
export type MadePlan = TrainPlan & { made: Made };

/** The plan with what its settings come to, if it has not begun before. */
export async function withMade(
  plan: TrainPlan,
  answer: Answer,
  samples: number,
  entry: Entry,
): Promise<MadePlan> {
  if (plan.made) return { ...plan, made: plan.made };
  const { settings } = plan;
  const { compiledWith } = await import("./settings/recipe");
  const spec = network.specWith(settings.seed);
  return {
    ...plan,
    made: { spec, compiled: compiledWith(settings, answer, samples), fed: fedTo(settings, entry) },
  };
}

/** Its model as it was before the first step. */
export async function modelOf({ name, made, epochsBefore }: MadePlan): Promise<Model> {
  if (epochsBefore > 0) return loadModel(modelUrl(name));
  return modelFromSpec(made.spec).compile(made.compiled);
}

/** Of a kept run; undefined if it is of another place. */
export function trainPlanOf(kept: Planned): TrainPlan | undefined {
  return planOf<TrainPlan>(kept, "train", isSound);
}

/** Where an earlier version of the page kept the run that was not over: only one, saved after each epoch. */
const OLD = "run";

/** The run of an earlier version. */
export function oldPlan(): TrainPlan | undefined {
  return remembered(OLD, (value) => {
    const { name, datasetId, settings, epochsDone, bestName } = (value ?? {}) as Partial<TrainPlan> & {
      epochsDone?: unknown;
    };
    const plan = { place: "train", name, datasetId, settings, bestName: bestName ?? bestOf(String(name)) };
    const old = { ...plan, epochsBefore: epochsDone } as TrainPlan;
    return isSound(old) ? old : undefined;
  });
}

export function forgetOldPlan(): void {
  forget(OLD);
}

function isSound({ name, datasetId, settings, epochsBefore }: TrainPlan): boolean {
  return (
    typeof name === "string" &&
    typeof datasetId === "string" &&
    [epochsBefore, settings?.epochs, settings?.batchSize].every(Number.isFinite)
  );
}
