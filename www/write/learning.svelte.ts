import { type Callback, type Dataset, type Run as Fit, type Model, modelFromSpec } from "tabgrad";
import { running, type Training } from "../frame/running.svelte";
import { modelUrl } from "../models/current.svelte";
import { models } from "../models/models.svelte";
import { keepNote } from "../models/notes";
import { engine } from "../shared/engine.svelte";
import { rate } from "../shared/format";
import { codeOf, explain, isAbort } from "../shared/problem";
import { Curve } from "../train/plot/curve.svelte";
import { BUSY, type RunState } from "../train/run.svelte";
import { author } from "./author.svelte";
import { batchSizeFor, type Choice, WINDOW } from "./choice";
import { type Parts, partsOf } from "./parts";
import { recipe } from "./recipes";
import { settings } from "./settings.svelte";
import type { Text } from "./source.svelte";

/** Milliseconds between two pictures of a run. */
const PICTURE = 250;
/** Milliseconds from one writing to the next at least; longer where the writing itself takes longer. */
const PAUSE = 2500;
/** Milliseconds that may be lost if the page is closed. */
const UNSAVED = 20_000;
/** Characters of a text that is written while the model learns. */
const GLIMPSE = 160;

/** What is learned here: one model at a time, from one text. */
class Learning implements Training {
  readonly place = "write";
  state = $state<RunState>("idle");
  problem = $state("");
  doing = $state("");
  name = $state("");
  epoch = $state(0);
  epochs = $state(0);
  batch = $state(0);
  batches = $state(0);
  /** Characters a second. */
  rate = $state(0);
  secondsLeft = $state(Number.NaN);
  curve = $state.raw(new Curve());
  /** Nats a character, at last: of what is learned from, and of the held-out end. */
  loss = $state<number | undefined>();
  held = $state<number | undefined>();
  /** The loss of one who guesses among all characters. */
  guessing = $state(Number.NaN);
  #fit: Fit | undefined;

  get busy(): boolean {
    return BUSY.includes(this.state);
  }

  get share(): number {
    return this.epochs === 0 ? 0 : Math.min(1, this.#at / this.epochs);
  }

  get speed(): string {
    return `${rate(this.rate)} characters/s`;
  }

  get #at(): number {
    return this.batches === 0 ? this.epoch : this.epoch + this.batch / this.batches;
  }

  async start(name: string, text: Text, choice: Choice, epochs: number): Promise<void> {
    if (this.busy) return;
    this.#reset(name, epochs);
    let parts: Parts | undefined;
    let model: Model | undefined;
    try {
      this.doing = `Taking ${text.name} apart`;
      parts = await partsOf(text.text);
      this.guessing = Math.log(parts.characters);
      const { spec, compile, fit } = recipe(choice, parts.ids, epochs);
      model = modelFromSpec(spec).compile(compile);
      author.adopt(model, name);
      this.state = "running";
      this.doing = "";
      this.#fit = model.fit(parts.learned, {
        ...fit,
        batchSize: batchSizeFor(parts.learned.length),
        callbacks: [this.#keeping(model, name)],
        progressInterval: PICTURE,
        onBatchEnd: ({ epoch, batch, batches, loss, logs, imagesPerSecond, secondsLeft }) => {
          Object.assign(this, { epoch, batch: batch + 1, batches, secondsLeft });
          this.rate = imagesPerSecond * WINDOW;
          this.curve.training(this.#at, epoch, batch + 1, logs.loss ?? loss, Number.NaN);
          this.loss = this.curve.points.loss.findLast((value) => value !== null) ?? undefined;
        },
      });
      void this.#show(model, parts.glimpse);
      await this.#fit;
      await this.#finish(model, name, text, parts.held);
    } catch (error) {
      await this.#failed(error, model, name);
    } finally {
      this.#fit = undefined;
      this.doing = "";
      parts?.dispose();
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
    if (this.state !== "running" && this.state !== "paused") return;
    this.state = "stopping";
    await this.#fit?.stop();
  }

  #reset(name: string, epochs: number): void {
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
    this.loss = undefined;
    this.held = undefined;
  }

  /** Keeps the weights now and then. Training goes on where that is refused. */
  #keeping(model: Model, name: string): Callback {
    let kept = performance.now();
    return {
      onEpochEnd: async ({ epoch }) => {
        if (performance.now() - kept < UNSAVED) return;
        kept = performance.now();
        try {
          await model.save(modelUrl(name));
          this.#note(name, this.held);
          void models.refresh();
        } catch (error) {
          this.problem = `Epoch ${epoch + 1} was not kept: ${explain(error)} Training goes on.`;
        }
      },
    };
  }

  /** Every few seconds: how well it does on what it does not learn from, and what it writes now. */
  async #show(model: Model, glimpse: Dataset): Promise<void> {
    const going = () => ["running", "paused", "stopping"].includes(this.state) && author.model === model;
    while (going()) {
      const begun = performance.now();
      if (this.state === "running") {
        void engine.refresh();
        try {
          const at = this.#at;
          const { loss } = await model.evaluate(glimpse);
          if (!going()) return;
          this.held = loss;
          this.curve.epoch(at, loss, undefined);
          // What someone asked for is not taken away.
          if (!author.asked) {
            const { prompt, temperature } = settings.chosen;
            const reached = { epoch: at, loss: this.loss, held: loss };
            await author.write({ prompt, temperature, length: GLIMPSE, at: reached }, false);
          }
        } catch (error) {
          if (codeOf(error) === "disposed" || isAbort(error)) return;
          this.problem = explain(error);
        }
      }
      const spent = performance.now() - begun;
      await new Promise((resolve) => setTimeout(resolve, Math.max(PAUSE, spent)));
    }
  }

  async #finish(model: Model, name: string, text: Text, held: Dataset): Promise<void> {
    this.state = "evaluating";
    this.doing = `Asking about the end of ${text.name}`;
    const { loss } = await model.evaluate(held);
    // All of it; the curve has what the glimpse says, which is measured alike from beginning to end.
    this.held = loss;
    this.secondsLeft = 0;
    this.#note(name, loss, text.name);
    this.state = "done";
    try {
      await model.save(modelUrl(name));
    } catch (error) {
      this.problem = `${name} can write now, but was not saved: ${explain(error)}`;
    }
    await models.refresh();
    const { prompt, temperature } = settings.chosen;
    if (!author.asked && author.model === model) {
      await author.write({ prompt, temperature, length: 3 * GLIMPSE }, false);
    }
  }

  #note(name: string, loss: number | undefined, text = "its text"): void {
    if (loss !== undefined) keepNote(name, { loss, on: `the held-out end of ${text}`, total: 0 });
  }

  /** What was learned up to the last good step stays, and can write. */
  async #failed(error: unknown, model: Model | undefined, name: string): Promise<void> {
    this.state = isAbort(error) ? "idle" : "failed";
    if (codeOf(error) !== "diverged" || !model) {
      this.problem = isAbort(error) ? "" : explain(error);
      // One that never made a step has nothing to write.
      if (model && this.loss === undefined) author.leave(model);
      return;
    }
    this.problem =
      "The loss grew beyond all numbers. The last good weights are kept; begin again, or choose the other size.";
    try {
      await model.save(modelUrl(name));
    } catch (reason) {
      this.problem = `${this.problem} They were not saved: ${explain(reason)}`;
    }
    await models.refresh();
  }
}

export const learning = new Learning();
running.add(learning);
