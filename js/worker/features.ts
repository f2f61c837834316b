/** What a frozen front makes of a run's samples, computed before the first epoch instead of in each. */

import type { WireFit } from "../fit-protocol.js";
import { FrontFeatures, type Dataset as WasmDataset } from "../generated/tabgrad.js";
import type { Tensor } from "../types/tensors.js";
import type { RunControl } from "./run-control.js";
import type { Context } from "./serve.js";
import type { ModelEntry } from "./session.js";
import { inBatches } from "./team/batches.js";
import type { Team } from "./team/team.js";
import { takeTurns } from "./yielding.js";

/**
 * The share of a forward pass, in multiply-adds, from which on a front is worth it. What is behind takes three
 * times its forward pass in a step, with the gradients of its weights and of its inputs: a quarter of the forward
 * pass is a tenth of the step.
 */
const WORTHWHILE = 0.25;
/** The most bytes of features, beside everything else in the engine's memory of 4 GB at most. */
const MOST_BYTES = 256 * 2 ** 20;
/** The most samples that a worker is given at a time. */
const PIECE = 64;
/** Milliseconds after which somebody is told how far it is. */
const LONG = 1000;
/** What a run on samples refuses at the step that finds it, or does not mind. */
const LEFT_TO_THE_RUN = ["argument", "data", "tooLarge"];

/** Ends the computation where the run was stopped. */
const STOPPED = Symbol("stopped");

/** A run that has been started on a dataset. */
export interface FeaturesJob {
  team: Team;
  entry: ModelEntry;
  dataset: WasmDataset;
  options: WireFit;
  control: RunControl;
  context: Context;
  onProgress(done: number, total: number): void;
}

/** Lets a run go on from features where that gives the same bits sooner. */
export async function useFeatures(job: FeaturesJob): Promise<void> {
  const { model } = job.entry;
  if (!isWorthwhile(job)) return;
  let features: WasmDataset;
  try {
    features = await computed(job);
  } catch (error) {
    if (error === STOPPED || LEFT_TO_THE_RUN.includes((error as { code?: string }).code ?? "")) return;
    throw error;
  }
  try {
    model.useFeatures(features);
  } finally {
    features.free();
  }
}

function isWorthwhile({ entry, dataset, options }: FeaturesJob): boolean {
  const { cacheFeatures, augmentation, epochs, initialEpoch } = options;
  // Features of a single epoch are computed once in any case.
  if (!cacheFeatures || augmentation || epochs - initialEpoch < 2) return false;
  const front = entry.model.frozenFront();
  return front !== undefined && front.share >= WORTHWHILE && dataset.length * front.width * 4 <= MOST_BYTES;
}

/** The features of all samples, with their targets. */
async function computed(job: FeaturesJob): Promise<WasmDataset> {
  const { team, entry, dataset, control, context, options, onProgress } = job;
  const { model } = entry;
  const features = new FrontFeatures(model, dataset.length);
  let told = performance.now() + LONG - options.progressInterval;
  const tell = (done: number) => {
    const now = performance.now();
    if (now - told < options.progressInterval) return;
    told = now;
    onProgress(done, dataset.length);
  };
  try {
    await inBatches<Tensor[]>(team, {
      entry,
      dataset,
      batchSize: PIECE,
      features: true,
      compute: (from, to) => features.compute(model, dataset, from, to),
      use: (values) => features.add(values.map(({ data }) => data)),
      rest: async (done) => {
        await takeTurns(context, () => tell(done));
        if (control.stopped) throw STOPPED;
      },
    });
  } catch (error) {
    // After a trap nothing may be asked of the engine.
    if (!(error instanceof WebAssembly.RuntimeError)) features.free();
    throw error;
  }
  return features.finish(model, dataset);
}
