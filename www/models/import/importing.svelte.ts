import { importModel, input, layers, loadModel, type Model, model as modelOf, type OpenInput } from "tabgrad";
import type { PathBlob } from "../../data/sort-out";
import { isAbort, openInputsOf, type Problem, problemOf } from "../../shared/problem";
import { current, modelUrl } from "../current.svelte";
import { models } from "../models.svelte";
import { keepNote, languageNote } from "../notes";
import { keepProvenance, provenanceOf } from "../provenance";
import { askedElsewhere, givesProbabilities, outputShapes } from "../takes";
import { fewer, type ModelFiles, sortModels, weightsAlone } from "./model-files";
import { type Pixels, pixelsFor, pixelsOf } from "./pixels";

/** A model that was read and saved. */
export interface Read {
  /** What it is called now. */
  name: string;
  file: string;
  /** What its reader said. */
  notes: readonly string[];
  /** Whether what it gives is not brought to probabilities. */
  raw: boolean;
  /** As what numbers it is given pictures, and the ways that there are. */
  pixels: { now: Pixels; all: readonly Pixels[] } | undefined;
}

/** A model whose file leaves sizes open. */
export interface Question {
  file: string;
  inputs: readonly OpenInput[];
  /** Takes the shape of each input, or nothing. */
  answer: (shapes: number[][] | undefined) => void;
}

/** A problem with one of the files. */
export interface Failure extends Problem {
  file: string;
}

/** Models on their way from files, one after the other. */
class Importing {
  /** The file that is being read. */
  reading = $state("");
  read = $state.raw<readonly Read[]>([]);
  failures = $state.raw<readonly Failure[]>([]);
  question = $state.raw<Question | undefined>();
  #controller = new AbortController();

  get running(): boolean {
    return this.reading !== "";
  }

  async take(files: readonly PathBlob[]): Promise<void> {
    if (this.running || files.length === 0) return;
    this.dismiss();
    this.#controller = new AbortController();
    const { models: found, refused } = sortModels(files);
    this.failures = fewer(refused).map(({ file, text }) => ({ file, text, short: text }));
    for (const one of found) {
      if (this.#controller.signal.aborted) break;
      await this.#take(one);
    }
    this.reading = "";
    await models.refresh();
  }

  /** Ends it; what was read already stays. */
  stop(): void {
    this.#controller.abort();
    this.question?.answer(undefined);
  }

  dismiss(): void {
    this.read = [];
    this.failures = [];
  }

  /** Puts a softmax behind a model that was read, so that its answers are probabilities. */
  async addSoftmax(read: Read): Promise<void> {
    await this.#change(read, { raw: false }, (model) => {
      const inputs = model.spec.inputs.map(({ name, shape }) => input({ name, shape }));
      const outputs = layers.softmax().apply(model.apply(inputs));
      const whole = modelOf({ name: model.name, inputs, outputs });
      whole.classNames = model.classNames;
      if (model.preprocessing) whole.preprocessing = model.preprocessing;
      return whole;
    });
  }

  /** Has a model that was read be given pictures so. */
  async givePixels(read: Read, now: Pixels): Promise<void> {
    if (!read.pixels) return;
    await this.#change(read, { pixels: { ...read.pixels, now } }, (model) => {
      model.preprocessing = { image: [], ...model.preprocessing, numeric: now.steps };
      return model;
    });
  }

  /** Keeps a model that was read as another one, of which other things are to be said. */
  async #change(read: Read, said: Partial<Read>, change: (model: Model) => Model): Promise<void> {
    try {
      const model = await loadModel(modelUrl(read.name));
      const changed = change(model);
      await changed.save(modelUrl(read.name));
      for (const one of new Set([changed, model])) one.dispose();
      this.read = this.read.map((other) => (other === read ? { ...read, ...said } : other));
      if (current.name === read.name) await current.use(read.name);
      await models.refresh();
    } catch (error) {
      this.#fail(read.file, problemOf(error));
    }
  }

  async #take(of: ModelFiles): Promise<void> {
    const { file } = of;
    this.reading = file;
    try {
      const weights = await weightsAlone(of);
      if (weights) throw new Error(weights);
      const notes: string[] = [];
      const model = await this.#open(of, notes);
      if (!model) return;
      try {
        await this.#keep(model, of, notes);
      } finally {
        model.dispose();
      }
    } catch (error) {
      if (!isAbort(error)) this.#fail(file, problemOf(error));
    }
  }

  /** The model of these files; nothing if someone was asked for sizes and gave none. */
  async #open(of: ModelFiles, notes: string[], inputShape?: number[][]): Promise<Model | undefined> {
    const { signal } = this.#controller;
    const [first] = of.files;
    const opening =
      first && isOwn(of.files)
        ? loadModel(first.blob, { signal })
        : importModel(
            of.files.map(({ path, blob }) => ({ path, file: blob })),
            { signal, onNote: (note) => notes.push(note), ...(inputShape ? { inputShape } : {}) },
          );
    try {
      return await orAborted(opening, signal);
    } catch (error) {
      const inputs = openInputsOf(error);
      if (!inputs) throw error;
      const shapes = await this.#ask(of.file, inputs);
      return shapes && this.#open(of, notes, shapes);
    }
  }

  #ask(file: string, inputs: readonly OpenInput[]): Promise<number[][] | undefined> {
    return new Promise((resolve) => {
      const answer = (shapes: number[][] | undefined) => {
        this.question = undefined;
        resolve(shapes);
      };
      this.question = { file, inputs, answer };
    });
  }

  async #keep(model: Model, { name: wanted, file, files }: ModelFiles, notes: string[]): Promise<void> {
    const outputs = await outputShapes(model);
    const [first] = outputs;
    const classes = outputs.length === 1 && first?.length === 1 ? (first[0] as number) : 0;
    // Models of this page have names for their classes, if they have classes.
    const foreign = !isOwn(files) && classes > 1;
    if (foreign && model.classNames.length === 0) {
      model.classNames = Array.from({ length: classes }, (_, i) => String(i));
    }
    const name = await models.saveAs(model, wanted, { includeOptimizer: model.compiled !== undefined });
    const writes = languageNote(model);
    keepNote(name, writes);
    const elsewhere = writes ? undefined : askedElsewhere(model, outputs);
    // An earlier model of this name may have left some.
    keepProvenance(name, { file: { name: file, notes }, ...(elsewhere ? { elsewhere } : {}) });
    const raw = foreign && model.classNames.length === classes && !givesProbabilities(model);
    const now = isOwn(files) ? undefined : pixelsOf(model);
    const pixels = now && { now, all: pixelsFor(model) };
    this.read = [...this.read, { name, file, notes, raw, pixels }];
    await models.refresh();
  }

  #fail(file: string, problem: Problem): void {
    const text = problem.text.includes(file) ? problem.text : `${file}: ${problem.text}`;
    this.failures = [...this.failures, { ...problem, text, file }];
  }
}

/** Whether it is of this page, and no other system's. */
const isOwn = ([first]: readonly PathBlob[]) => /\.safetensors$/i.test(first?.path ?? "");

/** What comes of it, unless it is stopped before: who reads cannot always be interrupted at once. */
function orAborted(opening: Promise<Model>, signal: AbortSignal): Promise<Model> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new DOMException("stopped", "AbortError"));
    signal.addEventListener("abort", stop, { once: true });
    opening.then(
      (model) => {
        if (signal.aborted) model.dispose();
        else resolve(model);
      },
      (error) => reject(error),
    );
  });
}

export const importing = new Importing();

/** What an imported model takes, where it cannot be asked on this page. */
export const elsewhereOf = (name: string) => provenanceOf(name)?.elsewhere;
