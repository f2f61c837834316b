import {
  type Callback,
  type CsvLogger,
  callbacks,
  type Dataset,
  type Run as Fit,
  type FitOptions,
  type Logs,
  loadModel,
  type Model,
  modelFromSpec,
  type Sample,
} from "tabgrad";
import { type Answer, isNumber } from "../data/answer";
import { catalog } from "../data/catalog.svelte";
import { cleaningOf } from "../data/cleaning";
import type { Entry } from "../data/entry.svelte";
import { running, type Training } from "../frame/running.svelte";
import { current, modelUrl } from "../models/current.svelte";
import { models } from "../models/models.svelte";
import { keepNote } from "../models/notes";
import { storage } from "../models/storage.svelte";
import { engine } from "../shared/engine.svelte";
import { rate } from "../shared/format";
import { countedAs, type Look } from "../shared/look";
import { codeOf, explain, isAbort } from "../shared/problem";
import { bestOf, keepBest, testOf } from "./kept";
import { network } from "./network/network.svelte";
import { fedTo, type RunSettings } from "./network/presets";
import { Curve } from "./plot/curve.svelte";
import { type EstimateReport, estimate } from "./results/estimates";
import { askProbes, chooseProbes } from "./results/probes";
import { measure, type Report } from "./results/report";
import { forgetUnfinished, keepUnfinished, type Unfinished, unfinishedRun } from "./unfinished";

export type RunState =
  | "idle"
  | "loading"
  | "running"
  | "paused"
  | "stopping"
  | "evaluating"
  | "done"
  | "failed";

/** A run that is not over yet. */
export const BUSY: readonly RunState[] = ["loading", "running", "paused", "stopping", "evaluating"];

/** Milliseconds between two pictures of a run: drawing takes from the cores that compute. */
const PICTURE = 250;

/** The training of this page: at most one at a time. */
class TrainingRun implements Training {
  readonly place = "train";
  state = $state<RunState>("idle");
  problem = $state("");
  /** What is being done before or after the epochs, in words. */
  doing = $state("");
  name = $state("");
  /** The epoch that is being trained, from 0, and how many are through. */
  epoch = $state(0);
  epochsDone = $state(0);
  epochs = $state(0);
  batch = $state(0);
  batches = $state(0);
  rate = $state(0);
  secondsLeft = $state(Number.NaN);
  learningRate = $state(0);
  /** As it was started. */
  settings = $state.raw<RunSettings | undefined>();
  /** How it ended, where something was to decide on that. */
  outcome = $state("");
  /** Its epochs as a table. */
  log = $state.raw<CsvLogger | undefined>();
  /** The numbers of the last epoch. */
  logs = $state.raw<Logs>({});
  curve = $state.raw(new Curve());
  probes = $state.raw<Sample[]>([]);
  said = $state.raw<(number | undefined)[]>([]);
  report = $state.raw<Report | undefined>();
  /** The same, where numbers are estimated. */
  estimated = $state.raw<EstimateReport | undefined>();
  /** The samples that the report is about. */
  tested = $state.raw<Dataset | undefined>();
  /** Which samples of which dataset those are. */
  testedOf = $state.raw<{ entry: Entry; samples: Uint32Array } | undefined>();
  classNames = $state.raw<readonly string[]>([]);
  answer = $state.raw<Answer>({ classes: 0 });
  unfinished = $state.raw<Unfinished | undefined>();
  #model: Model | undefined;
  #fit: Fit | undefined;
  #asking = false;
  /** Whether someone stopped it. */
  #byHand = false;
  /** What learning rates are multiplied by. */
  #rateFactor = 1;

  get busy(): boolean {
    return BUSY.includes(this.state);
  }

  /** Share of the whole run that is done. */
  get share(): number {
    return this.epochs === 0 ? 0 : Math.min(1, this.#at / this.epochs);
  }

  get speed(): string {
    return `${rate(this.rate)} images/s`;
  }

  get #at(): number {
    return this.batches === 0 ? this.epoch : this.epoch + this.batch / this.batches;
  }

  findUnfinished(): void {
    this.unfinished = unfinishedRun();
  }

  async start(name: string, settings: RunSettings): Promise<void> {
    const bestName = models.freeName(bestOf(name));
    const plan = { name, datasetId: catalog.chosenId, settings, epochsDone: 0, bestName };
    await this.#run(plan, async (train) => {
      const { compiledWith } = await import("./settings/recipe");
      const model = modelFromSpec(network.specWith(settings.seed));
      model.compile(compiledWith(settings, this.answer, train.length));
      return model;
    });
  }

  /** Goes on with the run that a reload or a crash ended, from its last epoch. */
  async goOn(): Promise<void> {
    const { unfinished } = this;
    if (!unfinished) return;
    catalog.choose(unfinished.datasetId);
    await this.#run(unfinished, () => loadModel(modelUrl(unfinished.name)));
  }

  discardUnfinished(): void {
    this.unfinished = undefined;
    forgetUnfinished();
  }

  async pause(): Promise<void> {
    if (this.state !== "running") return;
    await this.#fit?.pause();
    this.state = "paused";
  }

  async resume(): Promise<void> {
    if (this.state !== "paused") return;
    await this.#fit?.resume();
    this.state = "running";
  }

  async stop(): Promise<void> {
    if (this.state === "loading") catalog.chosen?.cancel();
    if (this.state !== "running" && this.state !== "paused") return;
    this.state = "stopping";
    this.#byHand = true;
    await this.#fit?.stop();
  }

  async setLearningRate(value: number): Promise<void> {
    await this.#fit?.setLearningRate(value * this.#rateFactor);
    this.learningRate = value;
    this.curve.mark(this.#at, `learning rate ${value}`);
  }

  async #run(plan: Unfinished, build: (train: Dataset) => Promise<Model>): Promise<void> {
    this.#reset(plan);
    let model: Model | undefined;
    try {
      const entry = catalog.chosen;
      if (!entry) throw new Error("Choose a dataset first.");
      this.doing = `Loading ${entry.name}`;
      const { train, validation, tested } = await entry.parts((doing) => {
        this.doing = doing;
      });
      this.classNames = train.classNames;
      const answer = await entry.answer();
      if (!answer) throw new Error(`Nothing is to be answered in ${entry.name}.`);
      this.answer = answer;
      const { rateCallback, rateFactor } = await import("./settings/recipe");
      this.#rateFactor = rateFactor(plan.settings, answer);
      const waiting = rateCallback(plan.settings, answer);
      const { keepingCallbacks, keepingOf, outcome, watched } = await import("./settings/keeping");
      const keeping = keepingOf(plan.settings, answer);
      const { bestName = bestOf(plan.name) } = plan;
      this.testedOf = { entry, samples: tested };
      this.probes = await chooseProbes(validation);
      this.said = this.probes.map(() => undefined);
      model = await build(train);
      this.#model = model;
      this.state = "running";
      this.doing = "";
      void this.#watchProbes();
      // A reload can come between the last epoch and the end of the run.
      if (plan.epochsDone < plan.settings.epochs) {
        const before = model.history[keeping.monitor] ?? [];
        const test = testOf(entry, validation);
        const keep = (best: Model, logs: Logs) =>
          keepBest(best, bestName, logs, test).catch((error: unknown) => {
            this.problem = `The best epoch was not kept: ${explain(error)} Training goes on.`;
          });
        const options = this.#options(plan, validation, entry, (logs) => watched(keeping, logs));
        options.callbacks?.push(
          ...(waiting ? [waiting, this.#lowered()] : []),
          ...keepingCallbacks(keeping, plan.settings.epochs, before, keep),
        );
        this.#fit = model.fit(train, options);
        const { stopped } = await this.#fit;
        this.outcome = outcome(keeping, {
          history: model.history,
          first: plan.epochsDone,
          epochs: this.epochsDone,
          stopped: stopped ? (this.#byHand ? "byHand" : "early") : undefined,
          bestName,
        });
      }
      const cleaning = cleaningOf(entry.refiner.done, entry.refiner.applied, await train.counts());
      if (cleaning.length > 0) model.preprocessing = { ...model.preprocessing, cleaning };
      await this.#finish(model, plan, validation, entry);
    } catch (error) {
      await this.#failed(error, model, plan);
    } finally {
      this.#fit = undefined;
      this.doing = "";
    }
  }

  #reset(plan: Unfinished): void {
    this.state = "loading";
    this.problem = "";
    this.#byHand = false;
    this.report = undefined;
    this.estimated = undefined;
    this.unfinished = undefined;
    this.name = plan.name;
    this.epoch = plan.epochsDone;
    this.epochsDone = plan.epochsDone;
    this.epochs = plan.settings.epochs;
    this.batch = 0;
    this.batches = 0;
    this.rate = 0;
    this.secondsLeft = Number.NaN;
    this.learningRate = plan.settings.learningRate;
    this.settings = plan.settings;
    this.logs = {};
    this.outcome = "";
    this.log = callbacks.csvLogger();
    this.curve = new Curve();
  }

  #options(
    plan: Unfinished,
    validation: Dataset,
    entry: Entry,
    watched: (logs: Logs) => number | undefined,
  ): FitOptions {
    const { settings } = plan;
    return {
      epochs: settings.epochs,
      initialEpoch: plan.epochsDone,
      batchSize: settings.batchSize,
      seed: settings.seed,
      validationData: validation,
      ...fedTo(settings, entry),
      callbacks: [this.#checkpoint(plan), ...(this.log ? [this.log] : [])],
      progressInterval: PICTURE,
      onBatchEnd: (report) => {
        this.epoch = report.epoch;
        this.batch = report.batch + 1;
        this.batches = report.batches;
        this.rate = report.imagesPerSecond;
        this.secondsLeft = report.secondsLeft;
        const { loss = report.loss, accuracy, meanAbsoluteError = Number.NaN } = report.logs;
        this.curve.training(this.#at, report.epoch, report.batch + 1, loss, accuracy ?? meanAbsoluteError);
      },
      onEpochEnd: ({ epoch, logs }) => {
        this.epochsDone = epoch + 1;
        this.logs = logs;
        const measure = logs.valAccuracy ?? logs.valMeanAbsoluteError;
        this.curve.epoch(epoch + 1, logs.valLoss, measure, watched(logs));
      },
    };
  }

  /** Keeps the weights and the optimiser after each epoch. Training goes on where that is refused. */
  #checkpoint(plan: Unfinished): Callback {
    return {
      onEpochEnd: async ({ epoch }, { model }) => {
        try {
          await model.save(modelUrl(plan.name), { includeOptimizer: true });
          keepUnfinished({ ...plan, epochsDone: epoch + 1 });
        } catch (error) {
          this.problem = `Epoch ${epoch + 1} was not kept: ${explain(error)} Training goes on.`;
        }
      },
    };
  }

  /** Draws where a callback has set the learning rate. */
  #lowered(): Callback {
    const rounded = (rate: number) => Number(rate.toPrecision(6));
    return {
      onEpochEnd: ({ epoch }, { learningRate = 0 }) => {
        const rate = rounded(learningRate / this.#rateFactor);
        if (rate === rounded(this.learningRate)) return;
        this.learningRate = rate;
        this.curve.mark(epoch + 1, `learning rate ${rate}`);
      },
    };
  }

  /** What the numbers are called that it estimates. */
  get target(): string {
    return this.testedOf?.entry.target ?? "";
  }

  /** Whether it learns to estimate numbers. */
  get numbers(): boolean {
    return isNumber(this.answer);
  }

  /** What the samples are. */
  get look(): Look {
    return this.testedOf?.entry.look ?? "pictures";
  }

  /** Asks the model in training about a few test images, a few times a second. */
  async #watchProbes(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    while (this.#model && ["running", "paused", "stopping"].includes(this.state)) {
      void engine.refresh();
      try {
        this.said = await askProbes(this.#model, this.probes);
      } catch (error) {
        if (codeOf(error) !== "disposed" && !isAbort(error)) this.problem = explain(error);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
    this.#asking = false;
  }

  async #finish(model: Model, plan: Unfinished, validation: Dataset, entry: Entry): Promise<void> {
    this.state = "evaluating";
    this.doing = `Asking about ${countedAs(this.look, validation.length, "test ")}`;
    this.said = await askProbes(model, this.probes);
    this.tested = validation;
    const test = testOf(entry, validation);
    if (this.numbers) {
      this.estimated = await estimate(model, validation);
      keepNote(plan.name, { error: this.estimated.mae, ...test });
    } else {
      this.report = await measure(model, validation);
      keepNote(plan.name, { accuracy: this.report.accuracy, ...test });
    }
    this.secondsLeft = 0;
    current.adopt(model, plan.name);
    forgetUnfinished();
    this.state = "done";
    try {
      await model.save(modelUrl(plan.name));
    } catch (error) {
      this.problem = `${plan.name} is in use, but was not saved: ${explain(error)}`;
    }
    await Promise.all([storage.refresh(), models.refresh()]);
  }

  /** What was learned up to the last good step stays: saved if a step was made at all. */
  async #failed(error: unknown, model: Model | undefined, plan: Unfinished): Promise<void> {
    this.state = isAbort(error) ? "idle" : "failed";
    this.problem = isAbort(error) ? "" : explain(error);
    if (!model) return;
    if (codeOf(error) === "diverged") {
      forgetUnfinished();
      await model.save(modelUrl(plan.name)).catch((reason: unknown) => {
        this.problem = `${this.problem} They were not saved: ${explain(reason)}`;
      });
      await models.refresh();
    }
    if (model !== current.model) model.dispose();
  }
}

export const run = new TrainingRun();
running.add(run);
