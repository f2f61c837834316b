/** The training loop: one batch after the other, breathing in between. */
import { abortError, TabgradError } from "../errors.js";
import type { EpochReport as EpochEnd, Progress, Dataset as WasmDataset } from "../generated/tabgrad.js";
import type { FitEvent, Params } from "../protocol.js";
import type { BatchReport, FitResult, History, Logs } from "../types/training.js";
import { classWeights } from "./class-weight.js";
import { evaluate } from "./evaluating.js";
import { useFeatures } from "./features.js";
import { historyOf, numbersOf } from "./history.js";
import { RunControl } from "./run-control.js";
import { withSamples } from "./samples.js";
import type { Context } from "./serve.js";
import type { ModelEntry, Session } from "./session.js";
import { SharedRun } from "./team/shared-run.js";
import type { Team } from "./team/team.js";
import { breathe, breathless } from "./yielding.js";

/** Answers `fit`. */
export async function train(
  session: Session,
  team: Team,
  params: Params<"fit">,
  context: Context,
): Promise<FitResult> {
  const entry = session.models.get(params.id);
  if (entry.run) throw new TabgradError("argument", "fit: this model is being trained already.");
  const control = new RunControl();
  entry.run = control;
  session.runs.set(params.run, control);
  context.signal.addEventListener("abort", () => control.release());
  try {
    return await withSamples(session, entry, params.data, async (data) => {
      const { validationSplit, seed, shards, augmentation, classWeight } = params.options;
      const { epochs, batchSize, shuffle, initialEpoch } = params.options;
      const [train, share] = split(data, validationSplit, seed);
      let validation = share;
      let run: SharedRun | undefined;
      try {
        const chosen = {
          ...(shards ? { shards } : {}),
          ...(augmentation ? { augmentation } : {}),
          ...(classWeight ? { classWeight: classWeights("fit", classWeight, entry.model, train) } : {}),
        };
        const spec = { epochs, batchSize, shuffle, seed, initialEpoch, ...chosen };
        run = new SharedRun(team, entry, train, entry.model.start(spec, train));
        // From here on the model has its preprocessing, which holds for validation too.
        if (params.validation) {
          validation = await withSamples(session, entry, params.validation, (samples) => samples.share());
        }
        return await new Training(
          session,
          team,
          entry,
          control,
          params,
          context,
          run,
          train,
          validation,
        ).run();
      } finally {
        run?.end();
        train.free();
        validation?.free();
      }
    });
  } finally {
    session.runs.delete(params.run);
    entry.run = undefined;
    entry.revision += 1;
    control.ended();
    if (session.models.find(entry.id) === entry) session.snapshotSoon(entry);
  }
}

/** The samples to train on, and the share that is kept back for validation. */
function split(data: WasmDataset, share: number, seed: number): [WasmDataset, WasmDataset | undefined] {
  if (share === 0) return [data.share(), undefined];
  return data.split(share, seed, data.classNames().length > 0);
}

/** One run of the loop. */
class Training {
  #session: Session;
  #team: Team;
  #entry: ModelEntry;
  #control: RunControl;
  #options: Params<"fit">["options"];
  #context: Context;
  #run: SharedRun;
  #train: WasmDataset;
  #validation: WasmDataset | undefined;
  #history: History = {};
  #rate = new Rate();
  #validationTime = 0;
  #lastReport = Number.NEGATIVE_INFINITY;
  #completed = 0;

  constructor(
    session: Session,
    team: Team,
    entry: ModelEntry,
    control: RunControl,
    params: Params<"fit">,
    context: Context,
    run: SharedRun,
    train: WasmDataset,
    validation: WasmDataset | undefined,
  ) {
    this.#run = run;
    this.#session = session;
    this.#team = team;
    this.#entry = entry;
    this.#control = control;
    this.#options = params.options;
    this.#context = context;
    this.#train = train;
    this.#validation = validation;
  }

  async run(): Promise<FitResult> {
    const { epochs, initialEpoch } = this.#options;
    const { model } = this.#entry;
    this.#emit({ type: "begun", classNames: model.classNames(), preprocessing: model.preprocessing() });
    await this.#prepare();
    let stopped = false;
    try {
      for (let epoch = initialEpoch; epoch < epochs && !stopped; epoch += 1) {
        this.#obey();
        if (await this.#tell({ type: "epochBegin", epoch, learningRate: model.learningRate() })) break;
        stopped = (await this.#epoch(epoch)) || this.#control.stopped;
      }
    } catch (error) {
      // After a trap nothing may be asked of the engine.
      if (!(error instanceof WebAssembly.RuntimeError)) model.forgetFeatures();
      throw error;
    }
    model.forgetFeatures();
    // Where the run ends within an epoch; at the end of one the model has it already.
    model.useAverage();
    return { history: this.#history, epochs: this.#completed, stopped: stopped || this.#control.stopped };
  }

  /** Computes what every epoch would compute anew. */
  async #prepare(): Promise<void> {
    await useFeatures({
      team: this.#team,
      entry: this.#entry,
      dataset: this.#train,
      options: this.#options,
      control: this.#control,
      context: this.#context,
      onProgress: (done, total) => this.#emit({ type: "features", done, total }),
    });
    this.#rate.interrupt();
  }

  /** Trains an epoch; true if the run is to end. */
  async #epoch(epoch: number): Promise<boolean> {
    const started = performance.now();
    for (let batch = 0; ; batch += 1) {
      await this.#pause();
      if (this.#control.stopped) return true;
      const due = this.#options.batches && this.#isDue();
      const reports = due || this.#options.everyBatch;
      if (reports) this.#emit({ type: "batchBegin", epoch, batch });
      const step = await this.#run.step();
      this.#rate.add(step.samples);
      if (reports) this.#emit({ type: "batchEnd", report: this.#reportOf(step), due });
      if (await this.#stepped(step)) return true;
      if (step.epochEnd) return this.#endEpoch(step, step.epochEnd, started);
    }
  }

  /** Waits for who wants to do something after this step; true if the run is to end. */
  async #stepped(step: Progress): Promise<boolean> {
    const done = step.epoch * step.batches + step.batch + 1;
    if (!this.#options.everySteps.some((every) => done % every === 0)) return false;
    const stop = await this.#tell({ type: "stepEnd", step: done, report: this.#reportOf(step) });
    this.#rate.interrupt();
    // At the end of an epoch it ends as one that is complete.
    return stop && !step.epochEnd;
  }

  #reportOf(step: Progress): BatchReport {
    const { epoch, epochs, batch, batches, loss, learningRate } = step;
    const imagesPerSecond = this.#rate.value;
    const done =
      epoch * this.#train.length + Math.min((batch + 1) * this.#options.batchSize, this.#train.length);
    const left = epochs * this.#train.length - done;
    return {
      epoch,
      epochs,
      batch,
      batches,
      loss,
      logs: numbersOf(step.epochEnd?.logs ?? this.#entry.model.logs()),
      learningRate,
      imagesPerSecond,
      secondsLeft: left / imagesPerSecond + ((epochs - epoch) * this.#validationTime) / 1000,
    };
  }

  async #endEpoch(step: Progress, end: EpochEnd, started: number): Promise<boolean> {
    const { epoch, learningRate } = step;
    const { model } = this.#entry;
    const logs = numbersOf(end.logs);
    const warnings = [...end.warnings];
    if (this.#validation) {
      const found = await this.#validate(this.#validation);
      Object.assign(logs, found.logs);
      warnings.push(...found.warnings);
    }
    const history = historyOf(model);
    for (const kept of [history, this.#history]) {
      for (const [name, value] of Object.entries(logs)) {
        kept[name] ??= [];
        kept[name].push(value);
      }
    }
    model.setHistory(history);
    this.#completed += 1;
    this.#session.snapshot(this.#entry);
    const { epochs } = this.#options;
    const seconds = (performance.now() - started) / 1000;
    const imagesPerSecond = this.#rate.value;
    const report = { epoch, epochs, logs, learningRate, imagesPerSecond, seconds, warnings };
    const stop = await this.#tell({ type: "epochEnd", report });
    this.#rate.interrupt();
    return stop;
  }

  async #validate(validation: WasmDataset): Promise<{ logs: Logs; warnings: string[] }> {
    const started = performance.now();
    // The peers have the model of the run; now it is wanted as it is.
    this.#run.rest();
    this.#entry.revision += 1;
    const { batchSize } = this.#options;
    const found = await evaluate(this.#team, this.#entry, validation, batchSize, false, this.#context);
    this.#validationTime = performance.now() - started;
    const { logs, warnings } = found;
    const own = (name: string) => `val${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    return {
      logs: Object.fromEntries(Object.entries(logs).map(([name, value]) => [own(name), value])),
      warnings: warnings.map(own),
    };
  }

  /** Lets others have their turn, and obeys what was said to the run. */
  async #pause(): Promise<void> {
    if (breathless()) await breathe();
    while (this.#control.paused) {
      await this.#control.paused;
      this.#rate.interrupt();
      if (this.#context.signal.aborted) break;
    }
    if (this.#context.signal.aborted) throw abortError();
    this.#obey();
  }

  /** Sets the learning rate that was asked for. */
  #obey(): void {
    if (this.#control.learningRate === undefined) return;
    this.#entry.model.setLearningRate(this.#control.learningRate);
    this.#control.learningRate = undefined;
  }

  #isDue(): boolean {
    const now = performance.now();
    if (now - this.#lastReport < this.#options.progressInterval) return false;
    this.#lastReport = now;
    return true;
  }

  #emit(event: FitEvent): void {
    this.#context.emit(event);
  }

  /** True if somebody answers that the run is to end. */
  async #tell(event: FitEvent): Promise<boolean> {
    if (!this.#options.waits) {
      this.#emit(event);
      return false;
    }
    return (await this.#context.ask(event)) === true;
  }
}

/** Samples a second over the last stretch, without what came in between. */
class Rate {
  /** Milliseconds over which the rate is taken. */
  static readonly STRETCH = 1000;
  #since = performance.now();
  #samples = 0;
  #last = 0;

  add(samples: number): void {
    this.#samples += samples;
    const elapsed = performance.now() - this.#since;
    if (elapsed >= Rate.STRETCH) {
      this.#last = (this.#samples * 1000) / elapsed;
      this.interrupt();
    }
  }

  /** Starts a new stretch, after time that does not count. */
  interrupt(): void {
    this.#since = performance.now();
    this.#samples = 0;
  }

  get value(): number {
    if (this.#last > 0) return this.#last;
    return (this.#samples * 1000) / Math.max(performance.now() - this.#since, 0.01);
  }
}
