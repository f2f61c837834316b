import {
  type Dataset,
  type Run as Fit,
  type FitOptions,
  loadModel,
  type Model,
  modelFromSpec,
} from "tabgrad";
import { catalog } from "../data/catalog.svelte";
import type { Entry } from "../data/entry.svelte";
import { running, type Training } from "../frame/running.svelte";
import { modelUrl } from "../models/current.svelte";
import { models } from "../models/models.svelte";
import { keepNote } from "../models/notes";
import { storage } from "../models/storage.svelte";
import { engine } from "../shared/engine.svelte";
import { count, percent, rate } from "../shared/format";
import { codeOf, explain, isAbort } from "../shared/problem";
import { forget, remember, remembered } from "../shared/settings";
import { Curve } from "../train/plot/curve.svelte";
import { Held } from "./held";
import { type Kind, kindOf, recipe } from "./kinds";
import { chosenFor, lesson, mostPictures, shuffled } from "./lesson";
import { mixed } from "./noise";
import { gathered } from "./pictures";
import { decibels } from "./quality";
import type { Choice } from "./settings.svelte";

type State = "idle" | "loading" | "running" | "paused" | "stopping" | "done" | "failed";

const BUSY: readonly State[] = ["loading", "running", "paused", "stopping"];

/** Milliseconds between two pictures of a run: drawing takes from the cores that compute. */
const PICTURE = 250;

/** What an epoch takes its noise and a validation takes its noise from, apart from each other. */
const VALIDATION = 0x7fffffff;

/** The network of this place and its training. */
class RebuildRun implements Training {
  readonly place = "rebuild";
  state = $state<State>("idle");
  problem = $state("");
  /** What is being done instead of training, in words. */
  doing = $state("");
  name = $state("");
  epoch = $state(0);
  epochs = $state(0);
  batch = $state(0);
  batches = $state(0);
  rate = $state(0);
  secondsLeft = $state(Number.NaN);
  curve = $state.raw(new Curve());
  /** What rebuilds pictures now, in training or trained, and what for. */
  model = $state.raw<Model | undefined>();
  kind = $state<Kind>("code");
  /** Grows after each epoch, and when another model is there. */
  version = $state(0);
  #fit: Fit | undefined;

  get busy(): boolean {
    return BUSY.includes(this.state);
  }

  get share(): number {
    return this.epochs === 0 ? 0 : Math.min(1, this.#at / this.epochs);
  }

  get speed(): string {
    return `${rate(this.rate)} pictures/s`;
  }

  get #at(): number {
    return this.batches === 0 ? this.epoch : this.epoch + this.batch / this.batches;
  }

  /** The model of the last visit. */
  async restore(): Promise<void> {
    const name = remembered("rebuilder", (value) => (typeof value === "string" ? value : undefined));
    if (name !== undefined && !this.model) await this.use(name);
  }

  /** Takes a model of this browser. */
  async use(name: string): Promise<void> {
    if (this.busy || (this.model && this.name === name)) return;
    this.problem = "";
    try {
      const model = await loadModel(modelUrl(name));
      const kind = kindOf(model.spec);
      if (kind) this.#adopt(model, name, kind);
      else {
        model.dispose();
        this.problem = `${name} gives no pictures back: it was made for something else. Train one here.`;
      }
    } catch (error) {
      forget("rebuilder");
      if (codeOf(error) !== "notFound") this.problem = explain(error);
    }
  }

  async start(name: string, choice: Choice): Promise<void> {
    const entry = catalog.chosen;
    if (this.busy || !entry) return;
    this.#begin(name, choice);
    let model: Model | undefined;
    try {
      this.doing = `Loading ${entry.name}`;
      await entry.load();
      const held = await Held.take(entry);
      if (!held)
        throw new Error(
          `${entry.name} holds no pictures of one or three channels. Choose a dataset of pictures.`,
        );
      const preset = recipe(choice.kind, held.shape, choice);
      model = modelFromSpec(preset.spec).compile(preset.compile);
      model.preprocessing = held.preparation;
      this.#adopt(model, name, choice.kind);
      await this.#train(model, entry, held, choice, preset.fit.batchSize ?? 64);
      await this.#finish(model, entry, held, choice);
    } catch (error) {
      this.state = isAbort(error) ? "idle" : "failed";
      this.problem = isAbort(error) ? "" : explain(error);
    } finally {
      this.#fit = undefined;
      this.doing = "";
    }
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
    await this.#fit?.stop();
  }

  /** Epoch after epoch, each with pictures of its own and new noise. */
  async #train(model: Model, entry: Entry, held: Held, choice: Choice, batchSize: number): Promise<void> {
    const { kind, epochs, seed } = choice;
    const { train } = await entry.parts();
    const order = shuffled(train.length, seed);
    const most = Math.min(choice.pictures, mostPictures(held.shape));
    const how = { kind, shape: held.shape };
    const validation = await lesson(held.pictures, { ...how, seed: mixed(seed, VALIDATION) });
    try {
      for (let epoch = 0; epoch < epochs && !this.#stopping; epoch++) {
        const pictures = await gathered(train, chosenFor(epoch, most, order), held.shape, (doing) => {
          this.doing = doing;
        });
        this.doing = kind === "noise" ? "Adding noise" : "";
        const learned = await lesson(pictures, { ...how, seed: mixed(seed, epoch) });
        this.doing = "";
        if (this.#stopping) break;
        if (this.state === "loading") this.state = "running";
        void engine.refresh();
        this.#fit = model.fit(learned, this.#options({ epochs, epoch, seed, batchSize }, validation));
        // Paused between two epochs.
        if (this.state === "paused") await this.#fit.pause();
        try {
          await this.#fit;
        } finally {
          learned.dispose();
        }
        await this.#keep(model);
        // The loss of the others is the squared error of the held-out pictures.
        const reached =
          kind === "new"
            ? (await held.measured(model, 0, seed)).rebuilt
            : decibels(model.history.valLoss?.at(-1) ?? Number.NaN);
        const on = `${count(held.length)} held-out pictures of ${entry.name}`;
        keepNote(this.name, { decibels: reached, on, total: held.length });
      }
    } finally {
      validation.dispose();
    }
  }

  get #stopping(): boolean {
    return this.state === "stopping";
  }

  #options(
    { epochs, epoch, seed, batchSize }: { epochs: number; epoch: number; seed: number; batchSize: number },
    validationData: Dataset,
  ): FitOptions {
    return {
      epochs,
      initialEpoch: epoch,
      batchSize,
      seed,
      validationData,
      // The next epoch has other pictures.
      callbacks: [{ onEpochEnd: (_, run) => run.stopTraining() }],
      progressInterval: PICTURE,
      onBatchEnd: (report) => {
        this.epoch = report.epoch;
        this.batch = report.batch + 1;
        this.batches = report.batches;
        this.rate = report.imagesPerSecond;
        this.secondsLeft = report.secondsLeft;
        const { loss = report.loss } = report.logs;
        this.curve.training(this.#at, report.epoch, report.batch + 1, loss, Number.NaN);
      },
      onEpochEnd: ({ logs }) => {
        this.curve.epoch(epoch + 1, logs.valLoss, undefined);
        this.version += 1;
      },
    };
  }

  #begin(name: string, { epochs }: Choice): void {
    this.state = "loading";
    this.problem = "";
    this.name = name;
    this.epoch = 0;
    this.epochs = epochs;
    this.batch = 0;
    this.batches = 0;
    this.rate = 0;
    this.secondsLeft = Number.NaN;
    this.curve = new Curve();
  }

  #adopt(model: Model, name: string, kind: Kind): void {
    if (this.model !== model) this.model?.dispose();
    this.model = model;
    this.name = name;
    this.kind = kind;
    this.version += 1;
  }

  /** Keeps the weights. Training goes on where that is refused. */
  async #keep(model: Model): Promise<void> {
    try {
      await model.save(modelUrl(this.name));
      remember("rebuilder", this.name);
    } catch (error) {
      this.problem = `${this.name} was not saved: ${explain(error)} It can be used until you close the page.`;
    }
  }

  async #finish(model: Model, entry: Entry, held: Held, { noise, kind, seed }: Choice): Promise<void> {
    this.doing = "Measuring";
    await this.#keep(model);
    const { rebuilt } = await held.measured(model, noise[kind], seed);
    const of = `${count(held.length)} held-out pictures of ${entry.name}`;
    const on = noise[kind] > 0 ? `${of}, noise ${percent(noise[kind])}` : of;
    keepNote(this.name, { decibels: rebuilt, on, total: held.length });
    this.secondsLeft = 0;
    this.version += 1;
    this.state = "done";
    await Promise.all([storage.refresh(), models.refresh()]);
  }
}

export const run = new RebuildRun();
running.add(run);
