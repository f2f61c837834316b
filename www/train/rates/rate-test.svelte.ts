import { modelFromSpec } from "tabgrad";
import { catalog } from "../../data/catalog.svelte";
import { running, type Training } from "../../frame/running.svelte";
import { count } from "../../shared/format";
import { nouns } from "../../shared/look";
import { codeOf, explain, isAbort } from "../../shared/problem";
import { network } from "../network/network.svelte";
import { fedTo, type RunSettings } from "../network/presets";
import { optimizer } from "../settings/optimizer-kinds";
import { compiledWith, rateFactor } from "../settings/recipe";
import { fewText, type RateCurve, rateCurve, rateText, STEPS, testedRates } from "./rate-words";

/** A test of learning rates: the network is trained for some steps, each with a larger one, and forgotten. */
class RateTest implements Training {
  readonly place = "train";
  readonly name = "learning rates";
  readonly activity = "Testing";
  state = $state<"idle" | "loading" | "running" | "stopping" | "done" | "failed">("idle");
  problem = $state("");
  /** What is being done before the first step, in words. */
  doing = $state("");
  done = $state(0);
  curve = $state.raw<RateCurve | undefined>();
  /** What was tested, and what is to be kept in mind about it. */
  about = $state("");
  few = $state("");
  /** What it depends on, to tell whether that has changed. */
  #of = $state("");
  secondsLeft = $state(Number.NaN);
  #controller = new AbortController();

  get busy(): boolean {
    return ["loading", "running", "stopping"].includes(this.state);
  }

  get share(): number {
    return this.done / STEPS;
  }

  get speed(): string {
    return `step ${count(this.done)} of ${STEPS}`;
  }

  async start(run: RunSettings): Promise<void> {
    this.close();
    this.state = "loading";
    this.#of = tested(run);
    this.#controller = new AbortController();
    const { from, to } = testedRates(optimizer(run.optimizer).rate);
    try {
      await this.#test(run, from, to);
      this.state = "done";
    } catch (error) {
      const stopped = this.#controller.signal.aborted || isAbort(error);
      this.state = stopped ? "idle" : "failed";
      if (!stopped) this.problem = codeOf(error) === "diverged" ? atOnce(from) : explain(error);
    } finally {
      this.doing = "";
    }
  }

  stop(): void {
    if (!this.busy) return;
    if (this.state === "loading") catalog.chosen?.cancel();
    this.state = "stopping";
    this.#controller.abort();
  }

  /** Whether it would be another test by now. */
  isStale(run: RunSettings): boolean {
    return this.#of !== tested(run);
  }

  /** Forgets what the last one came to. */
  close(): void {
    this.state = "idle";
    this.problem = "";
    this.few = "";
    this.curve = undefined;
    this.done = 0;
    this.secondsLeft = Number.NaN;
  }

  async #test(run: RunSettings, from: number, to: number): Promise<void> {
    const entry = catalog.chosen;
    if (!entry) throw new Error("Choose a dataset first.");
    const { signal } = this.#controller;
    this.doing = `Loading ${entry.name}`;
    const { train } = await entry.parts((doing) => {
      this.doing = doing;
    });
    const answer = await entry.answer();
    signal.throwIfAborted();
    if (!answer) throw new Error(`Nothing is to be answered in ${entry.name}.`);
    const factor = rateFactor(run, answer);
    const model = modelFromSpec(network.specWith(run.seed));
    try {
      model.compile(compiledWith(run, answer, train.length));
      this.state = "running";
      this.doing = "";
      const start = performance.now();
      const test = await model.testLearningRates(train, {
        from: from * factor,
        to: to * factor,
        steps: STEPS,
        batchSize: run.batchSize,
        seed: run.seed,
        ...fedTo(run, entry),
        signal,
        onProgress: ({ done }) => {
          this.done = done;
          this.secondsLeft = ((performance.now() - start) / 1000 / done) * (STEPS - done);
        },
      });
      this.curve = rateCurve(test, factor, STEPS);
      this.about = `${optimizer(run.optimizer).name}, batches of ${count(run.batchSize)}, ${entry.name}`;
      this.few = fewText(train.length, run.batchSize, STEPS, `${nouns[entry.look]}s`);
    } finally {
      model.dispose();
    }
  }
}

function tested(run: RunSettings): string {
  const { optimizer, losses, batchSize, labelSmoothing, seed, attributes } = run;
  const layers = network.layers.map(({ layer }) => layer);
  return JSON.stringify([
    catalog.chosenId,
    layers,
    optimizer,
    losses,
    batchSize,
    labelSmoothing,
    seed,
    attributes,
    catalog.chosen ? fedTo(run, catalog.chosen) : undefined,
  ]);
}

/** Where not even the smallest rate gave a loss. */
function atOnce(from: number): string {
  return `The loss was not a finite number in the first steps, at ${rateText(from)} already, so a smaller rate will not help. Look for very large numbers in the data or in the layers.`;
}

export const rateTest = new RateTest();
running.add(rateTest);
