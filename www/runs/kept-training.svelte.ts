import type { Run as Fit, Model } from "tabgrad";
import type { Place } from "../frame/router.svelte";
import { download } from "../shared/download";
import { codeOf, isAbort, isStuck, type Problem, problemIn, problemOf } from "../shared/problem";
import { Curve } from "../train/plot/curve.svelte";
import { elsewhere, type Teller, type Told } from "./elsewhere.svelte";
import { saveModel } from "./ending";
import { keptRuns } from "./kept-runs.svelte";
import type { Plan, Planned } from "./plans";
import { Saving } from "./saving.svelte";

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
const BUSY: readonly RunState[] = ["loading", "running", "paused", "stopping", "evaluating"];

/** Milliseconds between two pictures of a run: drawing takes from the cores that compute. */
export const PICTURE = 250;

/** A training whose run is kept, as far as it is the same at every place. */
export abstract class KeptTraining<P extends Plan> implements Teller {
  abstract readonly place: Place;
  state = $state<RunState>("idle");
  problem = $state.raw<Problem | undefined>();
  /** What is being done before or after the epochs, in words. */
  doing = $state("");
  name = $state("");
  /** The epoch that is being trained, from 0. */
  epoch = $state(0);
  epochs = $state(0);
  batch = $state(0);
  batches = $state(0);
  /** What is learned from, a second. */
  rate = $state(0);
  secondsLeft = $state(Number.NaN);
  curve = $state.raw(new Curve());
  /** Whether it is kept while it goes on. */
  readonly saving = new Saving();
  /** Why the model was not saved in the end. */
  unsaved = $state.raw<Problem | undefined>();
  /** What is to be said of its end, in words. */
  remark = $state("");
  /** What the run is called that cannot go on, but can begin anew. */
  stuck = $state("");
  /** What the run is called that another tab has. */
  lost = $state("");
  protected fit: Fit | undefined;
  /** Whether it goes on with the model of its name, which it replaces. */
  protected goesOnWithModel = false;
  /** Keeps what is known of the model, by its name. */
  protected keepFacts: (name: string) => Promise<void> | void = () => {};
  /** Lets go of a run that another tab asks for. */
  protected release = new AbortController();
  /** Answers a tab that has asked for the run. */
  #handingOver: ((letGo: boolean) => void) | undefined;

  /** The model that is trained, or was. */
  protected abstract get trained(): Model | undefined;
  /** What is known of a kept run. */
  protected abstract planOf(kept: Planned): P | undefined;
  /** Gets ready what a run learns from; resolves to why that is not there, in words. */
  protected abstract ready(plan: P): Promise<string>;
  /** Trains, from where the run of the plan was left if it was. */
  protected abstract run(plan: P, takeOver?: boolean): Promise<void>;

  get busy(): boolean {
    return BUSY.includes(this.state);
  }

  /** Share of the whole run that is done. */
  get share(): number {
    return this.epochs === 0 ? 0 : Math.min(1, this.at / this.epochs);
  }

  /** What is done instead of training, in words. */
  get standing(): string {
    return this.doing || (["paused", "stopping"].includes(this.state) ? this.state : "");
  }

  /** In epochs. */
  protected get at(): number {
    return this.batches === 0 ? this.epoch : this.epoch + this.batch / this.batches;
  }

  async pause(): Promise<void> {
    if (this.state !== "running") return;
    await this.fit?.pause();
    this.become("paused");
  }

  async resume(): Promise<void> {
    if (this.state !== "paused") return;
    await this.fit?.resume();
    this.become("running");
  }

  async stop(): Promise<void> {
    if (this.state !== "running" && this.state !== "paused") return;
    this.become("stopping");
    await this.fit?.stop();
  }

  /** Goes on with the run of a plan; `takeOver` takes it from the tab that trains it. */
  async goOn(plan: P, takeOver = false): Promise<void> {
    if (this.busy) return;
    await keptRuns.refresh();
    const isThere = keptRuns.find(plan.name) !== undefined;
    // What cannot be read is not begun anew in its place.
    this.problem =
      keptRuns.problem ??
      (isThere ? undefined : problemIn(`The run ${plan.name} is not in this browser any more.`));
    if (!this.problem) await this.launch(plan, takeOver);
  }

  /** Trains by a plan, whether it was begun before or not. */
  async launch(plan: P, takeOver = false): Promise<void> {
    const refusal = await this.ready(plan);
    if (this.busy) return;
    if (refusal) this.problem = problemIn(refusal);
    else await this.run(plan, takeOver);
  }

  /** Takes a run from the tab that trains it, which keeps it first if it can; one that comes to its end stays there. */
  async takeOver(name: string): Promise<void> {
    this.lost = "";
    this.name = name;
    this.state = "loading";
    this.doing = "Taking it over";
    const letGo = await elsewhere.ask(name);
    this.doing = "";
    this.state = "idle";
    if (!letGo) return;
    // It was begun elsewhere, perhaps since this tab looked.
    await keptRuns.refresh();
    const kept = keptRuns.find(name);
    const plan = kept && this.planOf(kept);
    if (plan) await this.goOn(plan, true);
    else {
      this.problem =
        keptRuns.problem ??
        problemIn(`Nothing is saved of ${name} that could go on here. Stop it where it is being trained.`);
    }
  }

  /** Discards what was kept of a run, and makes it anew. */
  async anew(plan: P): Promise<void> {
    if (this.busy) return;
    await keptRuns.erase(plan.name);
    await this.launch(plan);
  }

  /** Tries once more to keep the run, or to save the model of one that is over. */
  async saveNow(): Promise<void> {
    if (this.state === "done" && this.trained) await this.save(this.trained);
    else if (this.fit) await this.saving.again(this.fit);
  }

  /** Hands over the model as it is now, as a file. */
  async take(): Promise<void> {
    const file = await this.trained?.export("safetensors");
    if (file) download(file, `${this.name}.safetensors`);
  }

  told(): Told | undefined {
    if (!this.busy) return undefined;
    const { place, name, state, epoch, epochs, batch, batches, rate, secondsLeft } = this;
    return { place, name, state, epoch, epochs, batch, batches, rate, secondsLeft, curve: this.curve.state };
  }

  async handOver(): Promise<boolean> {
    if (this.state === "evaluating") return false;
    this.release.abort();
    return new Promise((resolve) => {
      this.#handingOver = resolve;
    });
  }

  protected become(state: RunState): void {
    if (state === "evaluating") this.#handingOver?.(false);
    this.state = state;
    elsewhere.tell(true);
  }

  /** Begins anew. */
  protected reset(name: string, epochs: number): void {
    this.problem = undefined;
    this.unsaved = undefined;
    this.remark = "";
    this.goesOnWithModel = false;
    this.keepFacts = () => {};
    this.stuck = "";
    this.lost = "";
    this.saving.reset();
    this.release = new AbortController();
    this.#handingOver = undefined;
    this.name = name;
    this.epoch = 0;
    this.epochs = epochs;
    this.batch = 0;
    this.batches = 0;
    this.rate = 0;
    this.secondsLeft = Number.NaN;
    this.curve = new Curve();
    this.become("loading");
  }

  protected async save(model: Model): Promise<void> {
    const wanted = this.name;
    const { name, problem } = await saveModel(model, wanted, this.goesOnWithModel);
    if (name !== wanted) {
      this.remark = `There is another model called ${wanted} by now. This one was saved as ${name}.`;
    }
    this.name = name;
    await this.keepFacts(name);
    this.unsaved = problem;
  }

  /** What remains of a run that did not come to its end. Resolves to whether another tab has it. */
  protected async ended(error: unknown, name: string): Promise<boolean> {
    const isElsewhere = codeOf(error) === "busy" || this.release.signal.aborted;
    const isOver = isElsewhere || isAbort(error);
    this.#handingOver?.(isElsewhere);
    if (isElsewhere) elsewhere.greet();
    else elsewhere.over(name, false);
    this.lost = isElsewhere ? name : "";
    this.stuck = isStuck(error) ? name : "";
    this.state = isOver ? "idle" : "failed";
    this.problem = isOver ? undefined : problemOf(error);
    await keptRuns.refresh();
    return isElsewhere;
  }
}
