import {
  type Callback,
  type Dataset,
  type FitOptions,
  type KeptRun,
  loadModel,
  loadRun,
  type Model,
  modelFromSpec,
} from "tabgrad";
import { catalog } from "../data/catalog.svelte";
import type { Entry } from "../data/entry.svelte";
import { running, type Training } from "../frame/running.svelte";
import { modelUrl } from "../models/current.svelte";
import { keepNote } from "../models/notes";
import { chooseDataOf, chosenData } from "../runs/data-plan";
import { elsewhere } from "../runs/elsewhere.svelte";
import { keptRuns } from "../runs/kept-runs.svelte";
import { KeptTraining, PICTURE } from "../runs/kept-training.svelte";
import type { Planned } from "../runs/plans";
import { engine } from "../shared/engine.svelte";
import { count, percent, rate } from "../shared/format";
import { codeOf, problemIn, problemOf } from "../shared/problem";
import { forget, remember, remembered } from "../shared/settings";
import type { CurveState } from "../train/plot/curve.svelte";
import { Held } from "./held";
import { type Kind, kindOf, recipe } from "./kinds";
import { chosenFor, lesson, mostPictures, shuffled } from "./lesson";
import { mixed } from "./noise";
import { gathered } from "./pictures";
import { nextEpoch, type RebuildPlan, rebuildPlanOf } from "./plan";
import type { Choice } from "./settings.svelte";

/** What an epoch takes its noise and a validation takes its noise from, apart from each other. */
const VALIDATION = 0x7fffffff;

/** What a run trains, and where it was left. */
interface Job {
  plan: RebuildPlan;
  model: Model;
  entry: Entry;
  held: Held;
  batchSize: number;
  kept: KeptRun | undefined;
  takeOver: boolean;
}

/** One epoch, which is a fit of its own. */
interface Epoch {
  plan: RebuildPlan;
  epoch: number;
  batchSize: number;
  takeOver: boolean;
}

/** The network of this place and its training. */
class RebuildRun extends KeptTraining<RebuildPlan> implements Training {
  readonly place = "rebuild";
  /** What rebuilds pictures now, in training or trained, and what for. */
  model = $state.raw<Model | undefined>();
  kind = $state<Kind>("code");
  /** Grows after each epoch, and when another model is there. */
  version = $state(0);

  get speed(): string {
    return `${rate(this.rate)} pictures/s`;
  }

  /** The model of the last visit. */
  async restore(): Promise<void> {
    const name = remembered("rebuilder", (value) => (typeof value === "string" ? value : undefined));
    if (name !== undefined && !this.model) await this.use(name);
  }

  /** Takes a model of this browser. */
  async use(name: string): Promise<void> {
    if (this.busy || (this.model && this.name === name)) return;
    this.problem = undefined;
    try {
      const model = await loadModel(modelUrl(name));
      const kind = kindOf(model.spec);
      if (kind) this.#adopt(model, name, kind);
      else {
        model.dispose();
        this.problem = problemIn(
          `${name} gives no pictures back: it was made for something else. Train one here.`,
        );
      }
    } catch (error) {
      forget("rebuilder");
      if (codeOf(error) !== "notFound") this.problem = problemOf(error);
    }
  }

  async start(name: string, choice: Choice): Promise<void> {
    if (this.busy || !catalog.chosen) return;
    await this.run({ place: "rebuild", name, ...chosenData(), choice });
  }

  protected ready(plan: RebuildPlan): Promise<string> {
    return chooseDataOf(plan);
  }

  protected async run(plan: RebuildPlan, takeOver = false): Promise<void> {
    const { name, choice } = plan;
    this.reset(name, choice.epochs);
    try {
      const entry = catalog.chosen;
      if (!entry) throw new Error("Choose a dataset first.");
      this.doing = `Loading ${entry.name}`;
      await entry.load();
      const held = await Held.take(entry);
      if (!held)
        throw new Error(
          `${entry.name} holds no pictures of one or three channels. Choose a dataset of pictures.`,
        );
      await keptRuns.refresh();
      const kept = keptRuns.find(name);
      const preset = recipe(choice.kind, held.shape, choice);
      const isBetween = kept?.state === "finished";
      const model = isBetween
        ? await loadRun(modelUrl(name))
        : modelFromSpec(preset.spec).compile(preset.compile);
      if (!isBetween) model.preprocessing = held.preparation;
      this.#adopt(model, name, choice.kind);
      await this.#train({
        plan,
        model,
        entry,
        held,
        batchSize: preset.fit.batchSize ?? 64,
        kept,
        takeOver,
      });
      await this.#finish(model, entry, held, choice);
    } catch (error) {
      await this.ended(error, name);
    } finally {
      this.fit = undefined;
      this.doing = "";
    }
  }

  override async stop(): Promise<void> {
    if (this.state === "loading") catalog.chosen?.cancel();
    await super.stop();
  }

  protected get trained(): Model | undefined {
    return this.model;
  }

  protected planOf(kept: Planned): RebuildPlan | undefined {
    return rebuildPlanOf(kept);
  }

  /** Epoch after epoch, each with pictures of its own and new noise. */
  async #train({ plan, model, entry, held, batchSize, kept, takeOver }: Job): Promise<void> {
    const { choice } = plan;
    const { kind, epochs, seed } = choice;
    const { train } = await entry.parts();
    const order = shuffled(train.length, seed);
    const most = Math.min(choice.pictures, mostPictures(held.shape));
    const how = { kind, shape: held.shape };
    const validation = await lesson(held.pictures, { ...how, seed: mixed(seed, VALIDATION) });
    try {
      this.epoch = kept ? nextEpoch(kept) : 0;
      for (let { epoch } = this; epoch < epochs && !this.#stopping; epoch++) {
        const pictures = await gathered(train, chosenFor(epoch, most, order), held.shape, (doing) => {
          this.doing = doing;
        });
        this.doing = kind === "noise" ? "Adding noise" : "";
        const learned = await lesson(pictures, { ...how, seed: mixed(seed, epoch) });
        this.doing = "";
        if (this.#stopping) break;
        if (this.state === "loading") this.become("running");
        void engine.refresh();
        this.fit = model.fit(learned, this.#options({ plan, epoch, batchSize, takeOver }, validation));
        // Paused between two epochs.
        if (this.state === "paused") await this.fit.pause();
        try {
          await this.fit;
        } finally {
          learned.dispose();
        }
      }
    } finally {
      validation.dispose();
    }
  }

  get #stopping(): boolean {
    return this.state === "stopping";
  }

  #options({ plan, epoch, batchSize, takeOver }: Epoch, validationData: Dataset): FitOptions {
    const { epochs, seed } = plan.choice;
    return {
      epochs,
      initialEpoch: epoch,
      batchSize,
      seed,
      validationData,
      // The next epoch has other pictures.
      callbacks: [{ onEpochEnd: (_, run) => run.stopTraining(), ...this.#remembering() }],
      backup: this.saving.options(plan, takeOver, () => void keptRuns.refresh()),
      signal: this.release.signal,
      onResumed: ({ epoch, batch, savedAt }) => {
        Object.assign(this, { epoch, batch });
        this.saving.at = savedAt;
      },
      progressInterval: PICTURE,
      onBatchEnd: (report) => {
        this.epoch = report.epoch;
        this.batch = report.batch + 1;
        this.batches = report.batches;
        this.rate = report.imagesPerSecond;
        this.secondsLeft = report.secondsLeft;
        const { loss = report.loss } = report.logs;
        this.curve.training(this.at, report.epoch, report.batch + 1, loss, Number.NaN);
        elsewhere.tell();
      },
      onEpochEnd: ({ logs }) => {
        this.curve.epoch(epoch + 1, logs.valLoss, undefined);
        this.version += 1;
      },
    };
  }

  /** Keeps the curve with the run, which goes on with it. */
  #remembering(): Pick<Callback, "state" | "restore"> {
    return {
      state: () => this.curve.state,
      restore: (state) => this.curve.restore(state as CurveState),
    };
  }

  #adopt(model: Model, name: string, kind: Kind): void {
    if (this.model !== model) this.model?.dispose();
    this.model = model;
    this.name = name;
    this.kind = kind;
    this.version += 1;
  }

  async #finish(model: Model, entry: Entry, held: Held, { noise, kind, seed }: Choice): Promise<void> {
    this.become("evaluating");
    this.doing = "Measuring";
    const { rebuilt } = await held.measured(model, noise[kind], seed);
    const of = `${count(held.length)} held-out pictures of ${entry.name}`;
    const on = noise[kind] > 0 ? `${of}, noise ${percent(noise[kind])}` : of;
    this.keepFacts = (name) => keepNote(name, { decibels: rebuilt, on, total: held.length });
    this.secondsLeft = 0;
    this.version += 1;
    const run = this.name;
    await this.save(model);
    this.state = "done";
    if (!this.unsaved) remember("rebuilder", this.name);
    elsewhere.over(run, true);
  }
}

export const run = new RebuildRun();
running.add(run);
elsewhere.add(run);
