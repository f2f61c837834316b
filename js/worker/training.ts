/** The training loop: one batch after the other, breathing in between. */
import { abortError, type TabgradError } from "../errors.js";
import type { FitEvent } from "../fit-protocol.js";
import type { EpochReport as EpochEnd, Progress, Dataset as WasmDataset } from "../generated/tabgrad.js";
import type { Params } from "../protocol.js";
import type { BatchReport, FitResult, History, Logs } from "../types/training.js";
import type { Backup } from "./backup/backup.js";
import type { InterruptedRun } from "./backup/interrupted-run.js";
import { evaluate } from "./evaluating.js";
import { useFeatures } from "./features.js";
import { historyOf, numbersOf } from "./history.js";
import type { RestPlatform } from "./platform.js";
import { Rate } from "./rate.js";
import type { RunControl } from "./run-control.js";
import type { Context } from "./serve.js";
import type { ModelEntry, Session } from "./session.js";
import type { RunData, RunState } from "./store/runs.js";
import type { SharedRun } from "./team/shared-run.js";
import type { Team } from "./team/team.js";
import { breathe, breathless } from "./yielding.js";

/** Where a run takes place. */
export interface Workplace {
  session: Session;
  team: Team;
  platform: RestPlatform;
}

/** What one run works on. */
export interface Job {
  entry: ModelEntry;
  control: RunControl;
  context: Context;
  options: Params<"fit">["options"];
  run: SharedRun;
  train: WasmDataset;
  validation: WasmDataset | undefined;
  backup: Backup | undefined;
  /** By what its data are known again, where it is kept. */
  known: RunData | undefined;
}

/** One run of the loop. */
export class Training {
  #session: Session;
  #team: Team;
  #entry: ModelEntry;
  #control: RunControl;
  #options: Params<"fit">["options"];
  #context: Context;
  #run: SharedRun;
  #train: WasmDataset;
  #validation: WasmDataset | undefined;
  #backup: Backup | undefined;
  #known: RunData | undefined;
  #kept: InterruptedRun | undefined;
  #history: History = {};
  #rate = new Rate();
  #validationTime = 0;
  #lastReport = Number.NEGATIVE_INFINITY;
  #completed = 0;

  constructor({ session, team }: Workplace, job: Job, kept: InterruptedRun | undefined) {
    this.#session = session;
    this.#team = team;
    this.#entry = job.entry;
    this.#control = job.control;
    this.#options = job.options;
    this.#context = job.context;
    this.#run = job.run;
    this.#train = job.train;
    this.#validation = job.validation;
    this.#backup = job.backup;
    this.#known = job.known;
    this.#kept = kept;
  }

  async run(): Promise<FitResult> {
    const { epochs, initialEpoch } = this.#options;
    const { model } = this.#entry;
    this.#emit({ type: "begun", classNames: model.classNames(), preprocessing: model.preprocessing() });
    let { epoch, batch } = { epoch: initialEpoch, batch: 0 };
    if (this.#kept) {
      await this.#context.ask({ type: "resumed", run: this.#kept.told });
      ({ epoch, batch } = this.#kept.state);
      this.#history = this.#kept.state.history;
      this.#completed = this.#kept.state.completed;
      if (this.#kept.isTrained) return this.#result(this.#kept.state.stopped);
    }
    await this.#prepare();
    let stopped = false;
    let begins = batch === 0 && !this.#kept?.state.begun;
    try {
      // Another tab sees from now on what goes on here.
      if (!this.#kept) await this.#keep("unfinished", epoch, batch);
      for (; epoch < epochs && !stopped; epoch += 1, batch = 0, begins = true) {
        this.#obey();
        // Where it goes on in the middle of an epoch, that has begun.
        if (begins && (await this.#tell({ type: "epochBegin", epoch, learningRate: model.learningRate() })))
          break;
        stopped = (await this.#epoch(epoch, batch)) || this.#control.stopped;
      }
    } catch (error) {
      // After a trap nothing may be asked of the engine.
      if (!(error instanceof WebAssembly.RuntimeError)) model.forgetFeatures();
      // It is over, with the last good weights.
      if ((error as TabgradError).code === "diverged") await this.#keep("finished", epoch, 0);
      throw error;
    }
    model.forgetFeatures();
    // Where the run ends within an epoch; at the end of one the model has it already.
    model.useAverage();
    const result = this.#result(stopped || this.#control.stopped);
    await this.#keep("trained", epoch, 0, { stopped: result.stopped });
    await this.#backup?.written();
    return result;
  }

  #result(stopped: boolean): FitResult {
    return { history: this.#history, epochs: this.#completed, stopped };
  }

  /** Keeps the run as it is, the next batch being this one. */
  async #keep(
    state: RunState["state"],
    epoch: number,
    batch: number,
    more: Partial<RunState> = {},
  ): Promise<void> {
    if (!this.#backup) return;
    const tell = this.#control.takeKeepers();
    const began = performance.now();
    try {
      const [file, now] = await this.#stateNow(state, epoch, batch, more);
      const { written } = await this.#backup.save(file, now, began);
      void written.then(tell);
    } catch (error) {
      tell(error);
      throw error;
    }
  }

  async #stateNow(
    state: RunState["state"],
    epoch: number,
    batch: number,
    more: Partial<RunState>,
  ): Promise<[file: Uint8Array, state: RunState]> {
    const { backup, epochs } = this.#options;
    // Callbacks may have said it just now, and remember that they have.
    this.#obey();
    const callbacks = backup?.asks ? ((await this.#context.ask({ type: "remember" })) as unknown[]) : [];
    const { model } = this.#entry;
    const now: RunState = {
      epoch,
      batch,
      epochs,
      state,
      classNames: model.classNames(),
      history: structuredClone(this.#history),
      completed: this.#completed,
      callbacks,
      stopped: false,
      ...more,
      ...(this.#known ? { data: this.#known } : {}),
    };
    return [model.save(true), now];
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

  /** Trains an epoch from a batch on; true if the run is to end. */
  async #epoch(epoch: number, first: number): Promise<boolean> {
    const started = performance.now();
    for (let batch = first; ; batch += 1) {
      await this.#pause(epoch, batch);
      if (this.#control.stopped) return true;
      const due = this.#options.batches && this.#isDue();
      const reports = due || this.#options.everyBatch;
      if (reports) this.#emit({ type: "batchBegin", epoch, batch });
      const step = await this.#run.step();
      this.#rate.add(step.samples);
      if (reports) this.#emit({ type: "batchEnd", report: this.#reportOf(step), due });
      if (await this.#stepped(step)) return true;
      if (step.epochEnd) return this.#endEpoch(step, step.epochEnd, started);
      if (this.#backup && (this.#backup.isDue || this.#control.keepNow))
        await this.#keep("unfinished", epoch, batch + 1);
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
    const isWanted = this.#control.keepNow || this.#control.paused || this.#context.signal.aborted;
    if (!stop && epoch + 1 < epochs && (isWanted || this.#backup?.isWorthIt))
      await this.#keep("unfinished", epoch + 1, 0);
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

  /** Lets others have their turn before this batch, and obeys what was said to the run. */
  async #pause(epoch: number, batch: number): Promise<void> {
    if (breathless()) await breathe();
    const { signal } = this.#context;
    if (this.#control.paused || signal.aborted) await this.#keep("unfinished", epoch, batch, { begun: true });
    while (this.#control.paused && !signal.aborted) {
      if (this.#control.keepNow) await this.#keep("unfinished", epoch, batch, { begun: true });
      else await this.#control.paused;
      this.#rate.interrupt();
    }
    if (this.#control.failure) throw this.#control.failure;
    if (signal.aborted) throw abortError();
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
