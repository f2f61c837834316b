import { type Callback, type Dataset, loadRun, type Model, modelFromSpec } from "tabgrad";
import { running, type Training } from "../frame/running.svelte";
import { modelUrl } from "../models/current.svelte";
import { keepNote } from "../models/notes";
import { elsewhere } from "../runs/elsewhere.svelte";
import { keptRuns } from "../runs/kept-runs.svelte";
import { KeptTraining, PICTURE } from "../runs/kept-training.svelte";
import type { Planned } from "../runs/plans";
import { engine } from "../shared/engine.svelte";
import { count, rate } from "../shared/format";
import { codeOf, isAbort, problemIn, problemOf } from "../shared/problem";
import type { CurveState } from "../train/plot/curve.svelte";
import { author } from "./author.svelte";
import { batchSizeFor, type Choice, WINDOW } from "./choice";
import { type Parts, partsOf } from "./parts";
import { type WritePlan, writePlanOf } from "./plan";
import { recipe } from "./recipes";
import { settings } from "./settings.svelte";
import { source, type Text } from "./source.svelte";

/** Milliseconds from one writing to the next at least; longer where the writing itself takes longer. */
const PAUSE = 2500;
/** Characters of a text that is written while the model learns. */
const GLIMPSE = 160;

/** What is kept of the figures with a run, to go on from there. */
interface FiguresState {
  curve: CurveState;
  batches: number;
  loss: number | undefined;
  held: number | undefined;
}

/** What is learned here: one model at a time, from one text. */
class Learning extends KeptTraining<WritePlan> implements Training {
  readonly place = "write";
  /** Nats a character, at last: of what is learned from, and of the held-out end. */
  loss = $state<number | undefined>();
  held = $state<number | undefined>();
  /** The loss of one who guesses among all characters. */
  guessing = $state(Number.NaN);
  #model: Model | undefined;

  get speed(): string {
    return `${rate(this.rate)} characters/s`;
  }

  async start(name: string, text: Text, { kind, size }: Choice, epochs: number): Promise<void> {
    if (this.busy) return;
    const about = { name: text.name, length: text.text.length };
    await this.run({ place: "write", name, choice: { kind, size }, epochs, text: about });
  }

  protected async ready({ name, text }: WritePlan): Promise<string> {
    await source.start();
    const found = source.text;
    if (found?.name === text.name && found.text.length === text.length) return "";
    return `${name} learned from ${text.name}, ${count(text.length)} characters. Choose that text again, then go on.`;
  }

  protected async run(plan: WritePlan, takeOver = false): Promise<void> {
    const { name, choice, epochs } = plan;
    this.reset(name, epochs);
    this.loss = undefined;
    this.held = undefined;
    let parts: Parts | undefined;
    let model: Model | undefined;
    try {
      const { text } = source;
      if (!text) throw new Error("Choose a text first.");
      this.doing = `Taking ${text.name} apart`;
      parts = await partsOf(text.text);
      this.guessing = Math.log(parts.characters);
      await keptRuns.refresh();
      const { spec, compile, fit } = recipe(choice, parts.ids, epochs);
      // Of one that has ended, only the model is to be had: it was not saved.
      const hasEnded = keptRuns.find(name)?.state === "finished";
      model = hasEnded ? await loadRun(modelUrl(name)) : modelFromSpec(spec).compile(compile);
      this.#model = model;
      author.adopt(model, name);
      this.become("running");
      this.doing = "";
      if (!hasEnded) {
        this.fit = model.fit(parts.learned, {
          ...fit,
          batchSize: batchSizeFor(parts.learned.length),
          callbacks: [this.#remembering()],
          backup: this.saving.options(plan, takeOver, () => void keptRuns.refresh()),
          signal: this.release.signal,
          progressInterval: PICTURE,
          onResumed: ({ epoch, batch, savedAt }) => {
            Object.assign(this, { epoch, batch });
            this.saving.at = savedAt;
          },
          onBatchEnd: ({ epoch, batch, batches, loss, logs, imagesPerSecond, secondsLeft }) => {
            Object.assign(this, { epoch, batch: batch + 1, batches, secondsLeft });
            this.rate = imagesPerSecond * WINDOW;
            this.curve.training(this.at, epoch, batch + 1, logs.loss ?? loss, Number.NaN);
            this.loss = this.curve.points.loss.findLast((value) => value !== null) ?? undefined;
            elsewhere.tell();
          },
        });
        void this.#show(model, parts.glimpse);
        await this.fit;
      }
      await this.#finish(model, name, text, parts.held);
    } catch (error) {
      await this.#failed(error, model, name);
    } finally {
      this.fit = undefined;
      this.doing = "";
      parts?.dispose();
    }
  }

  protected get trained(): Model | undefined {
    return this.#model;
  }

  protected planOf(kept: Planned): WritePlan | undefined {
    return writePlanOf(kept);
  }

  /** Keeps the figures with the run, which goes on with them. */
  #remembering(): Callback {
    return {
      state: (): FiguresState => {
        const { batches, loss, held } = this;
        return { batches, loss, held, curve: this.curve.state };
      },
      restore: (state) => {
        const { curve, ...figures } = state as FiguresState;
        Object.assign(this, figures);
        this.curve.restore(curve);
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
          const at = this.at;
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
          this.problem = problemOf(error);
        }
      }
      const spent = performance.now() - begun;
      await new Promise((resolve) => setTimeout(resolve, Math.max(PAUSE, spent)));
    }
  }

  async #finish(model: Model, name: string, text: Text, held: Dataset): Promise<void> {
    this.become("evaluating");
    this.doing = `Asking about the end of ${text.name}`;
    const { loss } = await model.evaluate(held);
    // All of it; the curve has what the glimpse says, which is measured alike from beginning to end.
    this.held = loss;
    this.secondsLeft = 0;
    if (loss !== undefined) {
      this.keepFacts = (name) => keepNote(name, { loss, on: `the held-out end of ${text.name}`, total: 0 });
    }
    await this.save(model);
    author.renamed(model, this.name);
    this.state = "done";
    elsewhere.over(name, true);
    const { prompt, temperature } = settings.chosen;
    if (!author.asked && author.model === model) {
      await author.write({ prompt, temperature, length: 3 * GLIMPSE }, false);
    }
  }

  /** What was learned up to the last good step stays, and can write. */
  async #failed(error: unknown, model: Model | undefined, name: string): Promise<void> {
    const isElsewhere = await this.ended(error, name);
    if (codeOf(error) === "diverged" && model) {
      this.problem = problemIn(
        "The loss grew beyond all numbers. The last good weights are kept; begin again, or choose the other size.",
      );
      await this.save(model);
      // One that never made a step has nothing to write, and what another tab has writes there.
    } else if (model && (isElsewhere || this.loss === undefined)) author.leave(model);
  }
}

export const learning = new Learning();
running.add(learning);
elsewhere.add(learning);
