/** A run that was interrupted, on its way back into its model. */
import { TabgradError } from "../../errors.js";
import type { WireResumed } from "../../fit-protocol.js";
import { type RunSpec, type Dataset as WasmDataset, Model as WasmModel } from "../../generated/tabgrad.js";
import { historyOf } from "../history.js";
import type { ModelEntry } from "../session.js";
import type { Fingerprint, RunState, StoredRun } from "../store/runs.js";
import { requireSame } from "./fingerprint.js";

/** A kept run and the model that it is to go on in. */
export class InterruptedRun {
  readonly state: RunState;
  #stored: StoredRun;
  #entry: ModelEntry;
  /** Gives the entry the model that it had before. */
  #takeBack = () => {};

  constructor(stored: StoredRun, entry: ModelEntry) {
    this.#stored = stored;
    this.#entry = entry;
    this.state = stored.slot.state;
  }

  /** Whether all its steps are made, and only the end of `fit` is missing. */
  get isTrained(): boolean {
    return this.state.state === "trained";
  }

  /**
   * Gives the model what was kept; returns the number of the run's shards. Refuses (code "argument") a run of other
   * layers, compiled otherwise or with other options, and (code "data") other training data; the model is then as
   * before.
   */
  resume(spec: RunSpec, dataset: WasmDataset, found: Fingerprint | undefined): { shards: number } {
    const model = WasmModel.load(this.#stored.file);
    try {
      this.#require("layers", this.#entry.model.spec(), model.spec());
      this.#require("optimiser, loss and metrics", this.#entry.model.compiled(), model.compiled());
      if (spec.epochs !== this.state.epochs)
        throw other(`epochs is ${spec.epochs}, expected ${this.state.epochs}`);
      const { data } = this.state;
      // Another seed makes other data of the same number, and is named by the engine.
      if (data?.train.samples !== found?.samples) requireSame("train", found, data);
      const shards = this.isTrained ? 1 : (model.resume(spec, dataset)[2] as number);
      requireSame("train", found, data);
      const { model: before, spec: specBefore } = this.#entry;
      this.#takeBack = () => {
        Object.assign(this.#entry, { model: before, spec: specBefore, revision: this.#entry.revision + 1 });
        model.free();
      };
      // The model of before is left to the collector: somebody may be in the middle of asking it.
      Object.assign(this.#entry, { model, spec: model.spec(), revision: this.#entry.revision + 1 });
      return { shards };
    } catch (error) {
      model.free();
      throw error;
    }
  }

  /** Refuses other validation data (code "data"); the model is then as before. */
  requireValidation(found: Fingerprint | undefined): void {
    try {
      requireSame("validation", found, this.state.data);
    } catch (error) {
      this.#takeBack();
      throw error;
    }
  }

  /** What the page's side is told, once the model has it. */
  get told(): WireResumed {
    const { slot, damaged } = this.#stored;
    const { epoch, batch, history, callbacks } = this.state;
    const { model } = this.#entry;
    return {
      epoch,
      batch,
      savedAt: slot.savedAt,
      ...(damaged === undefined ? {} : { damaged }),
      history,
      past: historyOf(model),
      learningRate: model.learningRate(),
      callbacks,
    };
  }

  #require(what: string, found: unknown, expected: unknown): void {
    if (JSON.stringify(found) === JSON.stringify(expected)) return;
    throw other(`it was kept with other ${what} than the model has`);
  }
}

function other(reason: string): TabgradError {
  return new TabgradError(
    "argument",
    `backup: the run that is kept under this name is another one: ${reason}. Go on with it as it was started, remove it by removeRun, or choose another name.`,
  );
}
