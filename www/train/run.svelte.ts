import { type Dataset, type FitOptions, type Logs, loadRun, type Model } from "tabgrad";
import { catalog } from "../data/catalog.svelte";
import { cleaningOf } from "../data/cleaning";
import type { Entry, Prepared } from "../data/entry.svelte";
import { running, type Training } from "../frame/running.svelte";
import { current, modelUrl } from "../models/current.svelte";
import { models } from "../models/models.svelte";
import { keepNote } from "../models/notes";
import { chooseDataOf, chosenData } from "../runs/data-plan";
import { elsewhere, type Told } from "../runs/elsewhere.svelte";
import { keptRuns } from "../runs/kept-runs.svelte";
import { PICTURE } from "../runs/kept-training.svelte";
import { keepOutcome, outcomeOf, type Planned } from "../runs/plans";
import { rate } from "../shared/format";
import { countedAs } from "../shared/look";
import { codeOf, problemIn, problemOf } from "../shared/problem";
import { Figures } from "./figures.svelte";
import { bestOf, keepBest, keepOrigin, testOf } from "./kept";
import type { RunSettings } from "./network/presets";
import { type MadePlan, modelOf, type TrainPlan, trainPlanOf, withMade } from "./plan";
import { Test } from "./results/test.svelte";
import { unfinished } from "./unfinished.svelte";

/** The training of this page: at most one at a time. */
class TrainingRun extends Figures implements Training {
  readonly place = "train";
  /** As it was started. */
  settings = $state.raw<RunSettings | undefined>();
  /** How it ended, where something was to decide on that. */
  outcome = $state("");
  readonly test = new Test();
  #model: Model | undefined;
  /** What learning rates are multiplied by. */
  #rateFactor = 1;

  get speed(): string {
    return `${rate(this.rate)} images/s`;
  }

  async start(name: string, settings: RunSettings): Promise<void> {
    const bestName = models.freeName(bestOf(name));
    await this.run({ place: "train", name, ...chosenData(), settings, bestName, epochsBefore: 0 });
  }

  override async stop(): Promise<void> {
    if (this.state === "loading") catalog.chosen?.cancel();
    if (this.state === "running" || this.state === "paused") this.byHand = true;
    await super.stop();
  }

  async setLearningRate(value: number): Promise<void> {
    await this.fit?.setLearningRate(value * this.#rateFactor);
    this.learningRate = value;
    this.curve.mark(this.at, `learning rate ${value}`);
  }

  override told(): Told | undefined {
    const told = super.told();
    const { settings } = this;
    const { answer, look } = this.test;
    return told && settings ? { ...told, learns: { settings, answer, look } } : told;
  }

  protected get trained(): Model | undefined {
    return this.#model;
  }

  protected planOf(kept: Planned): TrainPlan | undefined {
    return trainPlanOf(kept);
  }

  protected ready(plan: TrainPlan): Promise<string> {
    return chooseDataOf(plan);
  }

  protected async run(begun: TrainPlan, takeOver = false): Promise<void> {
    this.#reset(begun);
    let model: Model | undefined;
    try {
      const entry = catalog.chosen;
      if (!entry) throw new Error("Choose a dataset first.");
      this.doing = `Loading ${entry.name}`;
      const parts = await entry.parts((doing) => {
        this.doing = doing;
      });
      await this.test.begin(entry, parts);
      await keptRuns.refresh();
      const plan = await withMade(begun, this.test.answer, parts.train.length, entry);
      // Of one that has ended, only the model is to be had: it was not saved.
      const kept = keptRuns.find(plan.name);
      const hasEnded = kept?.state === "finished";
      if (kept && !hasEnded) this.epoch = kept.epoch;
      model = hasEnded ? await loadRun(modelUrl(plan.name)) : await modelOf(plan);
      this.#model = model;
      if (hasEnded) {
        this.endedWith(model.history);
        this.outcome = plan.outcome ?? outcomeOf(plan.name);
      }
      this.doing = "";
      this.become("running");
      void this.test.watch(
        model,
        () => this.#going,
        (error) => {
          this.problem = problemOf(error);
        },
      );
      // An earlier version of the page could be left between the last epoch and the end of the run.
      if (!hasEnded && plan.epochsBefore < plan.settings.epochs) {
        await this.#train(model, plan, parts, entry, takeOver);
      }
      await this.#finish(model, plan, parts, entry);
    } catch (error) {
      await this.#failed(error, model, begun);
    } finally {
      this.fit = undefined;
      this.doing = "";
    }
  }

  get #going(): boolean {
    return ["running", "paused", "stopping"].includes(this.state);
  }

  #reset(plan: TrainPlan): void {
    this.settings = plan.settings;
    this.outcome = "";
    this.test.reset();
    this.begin(plan);
  }

  async #train(
    model: Model,
    plan: MadePlan,
    parts: Prepared,
    entry: Entry,
    takeOver: boolean,
  ): Promise<void> {
    const { settings, epochsBefore } = plan;
    const { answer } = this.test;
    const { rateCallback, rateFactor } = await import("./settings/recipe");
    const { keepingCallbacks, keepingOf, outcome, watched } = await import("./settings/keeping");
    this.#rateFactor = rateFactor(settings, answer);
    const waiting = rateCallback(settings, answer);
    const keeping = keepingOf(settings, answer);
    const before = model.history[keeping.monitor] ?? [];
    const test = testOf(entry, parts.validation);
    let { bestName } = plan;
    const keep = async (best: Model, logs: Logs) => {
      try {
        bestName = await keepBest(best, { run: plan.name, wanted: bestName }, logs, test);
        await keepOrigin(bestName, entry, parts, settings);
      } catch (error) {
        const found = problemOf(error);
        this.problem = { ...found, text: `The best epoch was not kept: ${found.text} Training goes on.` };
      }
    };
    const options = this.#options(plan, parts.validation, (logs) => watched(keeping, logs), takeOver);
    options.callbacks?.push(
      ...(waiting ? [waiting, this.lowered(this.#rateFactor)] : []),
      ...keepingCallbacks(keeping, settings.epochs, before, keep),
    );
    this.fit = model.fit(parts.train, options);
    const { stopped } = await this.fit;
    this.outcome = outcome(keeping, {
      history: model.history,
      first: epochsBefore,
      epochs: this.epochsDone,
      stopped: stopped ? (this.byHand ? "byHand" : "early") : undefined,
      bestName,
    });
    keepOutcome(plan.name, this.outcome);
  }

  #options(
    plan: MadePlan,
    validation: Dataset,
    watched: (logs: Logs) => number | undefined,
    takeOver: boolean,
  ): FitOptions {
    const { name, settings, epochsBefore, made } = plan;
    return {
      epochs: settings.epochs,
      initialEpoch: epochsBefore,
      batchSize: settings.batchSize,
      seed: settings.seed,
      validationData: validation,
      ...made.fed,
      callbacks: [this.remembering(), ...(this.log ? [this.log] : [])],
      backup: this.saving.options(plan, takeOver, () => {
        unfinished.forgetOld(name);
        void keptRuns.refresh();
      }),
      signal: this.release.signal,
      progressInterval: PICTURE,
      onResumed: ({ epoch, batch, savedAt, damaged }) => {
        this.epoch = epoch;
        this.batch = batch;
        this.saving.at = savedAt;
        if (damaged) {
          this.problem = problemIn(`${damaged} It goes on from the one before, in epoch ${epoch + 1}.`);
        }
      },
      onBatchEnd: (report) => {
        this.took(report);
        elsewhere.tell();
      },
      onEpochEnd: (report) => {
        this.wentThrough(report, watched(report.logs));
        elsewhere.tell();
      },
    };
  }

  async #finish(model: Model, plan: TrainPlan, parts: Prepared, entry: Entry): Promise<void> {
    const { done, applied } = entry.refiner;
    const { train, validation } = parts;
    const cleaning = cleaningOf(done, applied, await train.counts());
    if (cleaning.length > 0) model.preprocessing = { ...model.preprocessing, cleaning };
    this.become("evaluating");
    this.doing = `Asking about ${countedAs(this.test.look, validation.length, "test ")}`;
    const note = await this.test.finish(model, validation, entry);
    this.keepFacts = async (name) => {
      keepNote(name, note);
      await keepOrigin(name, entry, parts, plan.settings, this.test);
    };
    this.secondsLeft = 0;
    // First of all: results that are seen are those of a model that is saved.
    await this.save(model);
    current.adopt(model, this.name);
    this.state = "done";
    elsewhere.over(plan.name, true);
  }

  protected override async save(model: Model): Promise<void> {
    await super.save(model);
    if (!this.unsaved) unfinished.forgetOld(this.name);
  }

  /** What was learned up to the last good step stays: as a run to go on with, or where none of it can, as a model. */
  async #failed(error: unknown, model: Model | undefined, plan: TrainPlan): Promise<void> {
    await this.ended(error, plan.name);
    if (model && codeOf(error) === "diverged") await this.save(model);
    await keptRuns.refresh();
    if (model && model !== current.model) model.dispose();
  }
}

export const run = new TrainingRun();
running.add(run);
elsewhere.add(run);
