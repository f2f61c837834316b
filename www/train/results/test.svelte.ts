import type { Dataset, Model, Sample } from "tabgrad";
import { type Answer, isNumber } from "../../data/answer";
import type { Entry, Prepared } from "../../data/entry.svelte";
import type { Note } from "../../models/notes";
import { engine } from "../../shared/engine.svelte";
import type { Look } from "../../shared/look";
import { codeOf, isAbort } from "../../shared/problem";
import { testOf } from "../kept";
import { type EstimateReport, estimate } from "./estimates";
import { askProbes, chooseProbes } from "./probes";
import { measure, type Report } from "./report";

/** Milliseconds between two times that a model in training is asked. */
const PAUSE = 400;

/** What a run is tested by, and what came of it. */
export class Test {
  /** What is to be answered. */
  answer = $state.raw<Answer>({ classes: 0 });
  classNames = $state.raw<readonly string[]>([]);
  /** Some of the test samples, and what the model says of them. */
  probes = $state.raw<readonly Sample[]>([]);
  said = $state.raw<readonly (number | undefined)[]>([]);
  report = $state.raw<Report | undefined>();
  /** The same, where numbers are estimated. */
  estimated = $state.raw<EstimateReport | undefined>();
  /** The samples that the report is about. */
  tested = $state.raw<Dataset | undefined>();
  /** Which samples of which dataset those are. */
  of = $state.raw<{ entry: Entry; samples: Uint32Array } | undefined>();
  #asking = false;

  /** What the numbers are called that are estimated. */
  get target(): string {
    return this.of?.entry.target ?? "";
  }

  /** Whether numbers are estimated. */
  get numbers(): boolean {
    return isNumber(this.answer);
  }

  /** What the samples are. */
  get look(): Look {
    return this.of?.entry.look ?? "pictures";
  }

  reset(): void {
    this.report = undefined;
    this.estimated = undefined;
  }

  async begin(entry: Entry, { train, validation, tested }: Prepared): Promise<void> {
    this.classNames = train.classNames;
    const answer = await entry.answer();
    if (!answer) throw new Error(`Nothing is to be answered in ${entry.name}.`);
    this.answer = answer;
    this.of = { entry, samples: tested };
    this.probes = await chooseProbes(validation);
    this.said = this.probes.map(() => undefined);
  }

  /** Asks a model in training about the probes, a few times a second while `going`; what fails is told. */
  async watch(model: Model, going: () => boolean, onProblem: (error: unknown) => void): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    while (going()) {
      void engine.refresh();
      try {
        this.said = await askProbes(model, this.probes);
      } catch (error) {
        if (codeOf(error) !== "disposed" && !isAbort(error)) onProblem(error);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    this.#asking = false;
  }

  /** Asks about all test samples. Resolves to what there is to note of the model. */
  async finish(model: Model, validation: Dataset, entry: Entry): Promise<Note> {
    this.said = await askProbes(model, this.probes);
    this.tested = validation;
    const test = testOf(entry, validation);
    if (this.numbers) {
      this.estimated = await estimate(model, validation);
      return { error: this.estimated.mae, ...test };
    }
    this.report = await measure(model, validation);
    return { accuracy: this.report.accuracy, ...test };
  }
}
