/** Runs: what they begin with and go on from, and what they leave behind. */
import { TabgradError } from "../errors.js";
import type { RunSpec, Dataset as WasmDataset } from "../generated/tabgrad.js";
import type { Params } from "../protocol.js";
import type { FitResult } from "../types/training.js";
import { Backup } from "./backup/backup.js";
import { fingerprintOf } from "./backup/fingerprint.js";
import { InterruptedRun } from "./backup/interrupted-run.js";
import { classWeights } from "./class-weight.js";
import { RunControl } from "./run-control.js";
import { withSamples } from "./samples.js";
import type { Context } from "./serve.js";
import type { ModelEntry } from "./session.js";
import type { RunData } from "./store/runs.js";
import { SharedRun } from "./team/shared-run.js";
import { Training, type Workplace } from "./training.js";

/** Answers `fit`. */
export async function train(place: Workplace, params: Params<"fit">, context: Context): Promise<FitResult> {
  const { session, team, platform } = place;
  const entry = session.models.get(params.id);
  if (entry.run) throw new TabgradError("argument", "fit: this model is being trained already.");
  const control = new RunControl();
  entry.run = control;
  session.runs.set(params.run, control);
  context.signal.addEventListener("abort", () => control.release());
  let backup: Backup | undefined;
  try {
    await entry.backup?.close();
    entry.backup = undefined;
    const wanted = params.options.backup;
    backup = wanted && (await Backup.open(platform, wanted, context, (error) => control.fail(error)));
    const kept = backup?.kept && new InterruptedRun(backup.kept, entry);
    const result = await withSamples(session, entry, params.data, async (data) => {
      const [train, share] = split(data, params.options.validationSplit, params.options.seed);
      let validation = share;
      let run: SharedRun | undefined;
      try {
        const spec = runSpec(params.options, entry, train);
        const known: RunData | undefined = backup && { train: fingerprintOf(train) };
        const begun = kept?.resume(spec, train, known?.train) ?? { shards: entry.model.start(spec, train) };
        run = new SharedRun(team, entry, train, begun.shards);
        // From here on the model has its preprocessing, which holds for validation too.
        if (params.validation) {
          validation = await withSamples(session, entry, params.validation, (samples) => samples.share());
        }
        if (known && validation) known.validation = fingerprintOf(validation);
        kept?.requireValidation(known?.validation);
        const { options } = params;
        const job = { entry, control, context, options, run, train, validation, backup, known };
        return await new Training(place, job, kept).run();
      } finally {
        run?.end();
        train.free();
        validation?.free();
      }
    });
    // Who disposed of the model meanwhile has let go of the run, too.
    if (session.models.find(entry.id) === entry) entry.backup = backup;
    else await backup?.close();
    return result;
  } catch (error) {
    await backup?.close();
    throw error;
  } finally {
    session.runs.delete(params.run);
    entry.run = undefined;
    entry.revision += 1;
    control.ended();
    if (session.models.find(entry.id) === entry) session.snapshotSoon(entry);
  }
}

function runSpec(options: Params<"fit">["options"], { model }: ModelEntry, train: WasmDataset): RunSpec {
  const { epochs, batchSize, shuffle, seed, initialEpoch, shards, augmentation, classWeight } = options;
  const chosen = {
    ...(shards ? { shards } : {}),
    ...(augmentation ? { augmentation } : {}),
    ...(classWeight ? { classWeight: classWeights("fit", classWeight, model, train) } : {}),
  };
  return { epochs, batchSize, shuffle, seed, initialEpoch, ...chosen };
}

/** The samples to train on, and the share that is kept back for validation. */
function split(data: WasmDataset, share: number, seed: number): [WasmDataset, WasmDataset | undefined] {
  if (share === 0) return [data.share(), undefined];
  return data.split(share, seed, data.classNames().length > 0);
}
