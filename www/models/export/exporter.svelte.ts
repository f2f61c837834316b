import { importModel, loadModel, type Model, type ModelExportOptions } from "tabgrad";
import type { Entry } from "../../data/entry.svelte";
import { bytes, count } from "../../shared/format";
import { countedAs } from "../../shared/look";
import { ownFile } from "../../shared/own-files";
import { explain, isAbort } from "../../shared/problem";
import { modelUrl, SHIPPED } from "../current.svelte";
import { compare, inWords } from "./compare";
import { dataOf, unlike } from "./fitting";

export type Form = "safetensors" | "onnx" | "npz";
export type Weights = "f32" | "f16" | "int8";

/** What is chosen about a file. */
export interface Choices {
  form: Form;
  /** Of ONNX, as all that follow. */
  weights: Weights;
  preparation: boolean;
  fold: boolean;
  /** Of safetensors. */
  optimizer: boolean;
}

interface Progress {
  text: string;
  /** The share that is done, where it is known. */
  share?: number;
  /** The dataset that is being read, which knows how far it is. */
  reading?: Entry;
}

/** A model on its way to a file: written, and measured where that costs accuracy, before anything is saved. */
export class Exporter {
  readonly name: string;
  model = $state.raw<Model | undefined>();
  problem = $state("");
  file = $state.raw<{ blob: Blob; name: string } | undefined>();
  /** Why there is no such file. */
  refusal = $state("");
  writing = $state(false);
  /** How far measuring is. */
  measuring = $state.raw<Progress | undefined>();
  /** What measuring came to, or why it was not done. */
  measured = $state("");
  /** Whether it was stopped, or could be done after all. */
  unmeasured = $state(false);
  #controller = new AbortController();
  #choices: Choices | undefined;

  constructor(name: string) {
    this.name = name;
  }

  async open(): Promise<void> {
    try {
      const from = this.name === SHIPPED ? ownFile("models/digits.safetensors") : modelUrl(this.name);
      this.model = await loadModel(from);
    } catch (error) {
      this.problem = explain(error);
    }
  }

  close(): void {
    this.#controller.abort();
    this.model?.dispose();
    this.model = undefined;
  }

  /** Whether a part of it is normalised over batches, which can be folded into the layer before. */
  get normalizes(): boolean {
    return this.model?.layers.some(({ type }) => type === "batchNormalization") ?? false;
  }

  /** Writes the file anew; what was under way for other choices ends. */
  async write(choices: Choices): Promise<void> {
    const { model } = this;
    if (!model) return;
    this.#controller.abort();
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    this.#choices = choices;
    this.file = undefined;
    this.refusal = "";
    this.measured = "";
    this.unmeasured = false;
    this.measuring = undefined;
    this.writing = true;
    try {
      const blob = await model.export(choices.form, optionsOf(choices));
      if (signal.aborted) return;
      this.file = { blob, name: fileName(this.name, choices) };
    } catch (error) {
      if (!signal.aborted) this.refusal = explain(error);
      return;
    } finally {
      if (!signal.aborted) this.writing = false;
    }
    if (choices.form === "onnx" && choices.weights !== "f32") await this.measure();
  }

  stopMeasuring(): void {
    this.#controller.abort();
    this.measuring = undefined;
    this.measured = "Not measured: it was stopped.";
    this.unmeasured = true;
  }

  /** Asks the model of the file and this one about the same samples. */
  async measure(): Promise<void> {
    const { model } = this;
    const choices = this.#choices;
    if (!model || !choices) return;
    if (this.#controller.signal.aborted) this.#controller = new AbortController();
    const { signal } = this.#controller;
    this.measured = "";
    this.unmeasured = false;
    this.measuring = { text: "Looking for the data it belongs to" };
    try {
      const said = await this.#measure(model, choices, signal);
      if (!signal.aborted) this.measured = said;
    } catch (error) {
      if (signal.aborted) return;
      this.measured = isAbort(error) ? "Not measured: it was stopped." : `Not measured: ${explain(error)}`;
      this.unmeasured = true;
    }
    if (!signal.aborted) this.measuring = undefined;
  }

  async #measure(model: Model, choices: Choices, signal: AbortSignal): Promise<string> {
    const entry = await dataOf(this.name, model);
    if (!entry) {
      return "Not measured: the data that this model was trained with are not in this browser. It can be saved without.";
    }
    await this.#load(entry, signal);
    const wrong = unlike(model, entry);
    if (wrong) return `Not measured: ${wrong}. It can be saved without.`;
    // What goes into the network is prepared already.
    const blob = await model.export("onnx", { ...optionsOf(choices), includePreprocessing: false });
    const other = await importModel({ path: "measured.onnx", file: blob }, { signal });
    try {
      const { validation } = await entry.parts((text) => {
        this.#tell({ text }, signal);
      });
      const loss = await compare(model, other, validation, {
        signal,
        onProgress: (done, total) => {
          this.#tell({ text: `Asked about ${count(done)} of ${count(total)}`, share: done / total }, signal);
        },
      });
      return `${inWords(loss)}, ${bytes(this.file?.blob.size ?? 0)} (${countedAs(entry.look, loss.total, "test ")} of ${entry.name}).`;
    } finally {
      other.dispose();
    }
  }

  /** What was stopped says no more. */
  #tell(progress: Progress, { aborted }: AbortSignal): void {
    if (!aborted) this.measuring = progress;
  }

  async #load(entry: Entry, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#tell({ text: `Reading ${entry.name}`, reading: entry }, signal);
    const stop = () => entry.cancel();
    signal.addEventListener("abort", stop, { once: true });
    try {
      await entry.load();
    } finally {
      signal.removeEventListener("abort", stop);
    }
    signal.throwIfAborted();
    if (entry.state !== "ready") throw new Error(entry.problem || `${entry.name} was not read.`);
  }
}

function optionsOf({ form, weights, preparation, fold, optimizer }: Choices): ModelExportOptions {
  if (form === "safetensors") return { includeOptimizer: optimizer };
  if (form === "npz") return {};
  return { weights, includePreprocessing: preparation, foldBatchNormalization: fold };
}

function fileName(name: string, { form, weights }: Choices): string {
  if (form !== "onnx") return `${name}.${form}`;
  return weights === "f32" ? `${name}.onnx` : `${name}.${weights}.onnx`;
}
