/** The page's side of a model: its specification and history here, its weights in the worker. */
import { toWireImage, transferOf } from "../data/images.js";
import { toWireBytes } from "../data/index.js";
import { packData, packInputs } from "../data/inputs.js";
import { reading } from "../data/reading.js";
import { call, forget, keep, keepCompiled, newId, tell } from "../engine.js";
import { TabgradError } from "../errors.js";
import { later, loadAhead } from "../later.js";
import { platform } from "../platform/platform.js";
import type { ModelInfo } from "../protocol.js";
import type { BytesSource, Dataset } from "../types/dataset.js";
import type {
  Classification,
  ClassifyOptions,
  CompileOptions,
  GenerateOptions,
  LayerInfo,
  LayerSelection,
  LearningRateTest,
  LearningRateTestOptions,
  LoadWeightsOptions,
  Model,
  ModelMemory,
  PredictOptions,
  SummaryOptions,
} from "../types/model.js";
import type { ModelReport, ModelSpec, Preprocessing, TrainerSpec, WeightsReport } from "../types/specs.js";
import type { SaveOptions } from "../types/storage.js";
import type { ImageSource, Input, Inputs, Targets, Tensor, WeightTensor } from "../types/tensors.js";
import type {
  BatchOptions,
  EvaluateOptions,
  EvaluationDetails,
  FitOptions,
  FitResult,
  History,
  Logs,
  Run,
} from "../types/training.js";
import { absolute, nameIn } from "../urls.js";
import { sortArguments } from "./arguments.js";
import { toTrainerSpec } from "./compile.js";
import { applied, type Node } from "./graph.js";
import { RunHandle } from "./run.js";
import { chosenLayers, layerOf, layersOf, withTrainable } from "./transfer.js";

const DEFAULT_BATCH_SIZE = 32;

/** Models that the program dropped without disposing of them. */
const dropped = new FinalizationRegistry<number>((id) => {
  forget(id);
  tell("disposeModel", { id });
});

/** A model in the worker. */
export class ModelHandle implements Model {
  #id: number;
  #info: ModelInfo;
  #ready: Promise<unknown>;
  #compiled: TrainerSpec | undefined;
  #disposed = false;
  #running = false;

  /** `ready` resolves when the worker has the model; `info` is what is known before. */
  constructor(id: number, ready: Promise<unknown>, info: ModelInfo) {
    this.#id = id;
    this.#info = info;
    this.#compiled = info.compiled;
    this.#ready = ready;
    // Said by the first call that uses it.
    ready.catch(() => {});
    dropped.register(this, id, this);
  }

  get name(): string {
    return this.#info.spec.name ?? "model";
  }
  get spec(): ModelSpec {
    return this.#info.spec;
  }
  get history(): History {
    return this.#info.history;
  }
  get compiled(): TrainerSpec | undefined {
    return this.#compiled;
  }

  get classNames(): string[] {
    return this.#info.classNames;
  }
  set classNames(classNames: string[]) {
    this.#info.classNames = [...classNames];
    this.#chain((id) => call("describe", { id, classNames: [...classNames] }));
  }

  get preprocessing(): Preprocessing | undefined {
    return this.#info.preprocessing;
  }
  set preprocessing(preprocessing: Preprocessing) {
    this.#info.preprocessing = preprocessing;
    this.#chain((id) => call("describe", { id, preprocessing }));
  }

  compile(options: CompileOptions): this {
    const spec = toTrainerSpec(options);
    this.#compiled = spec;
    this.#chain(async (id) => {
      await call("compile", { id, spec });
      keepCompiled(id, spec);
    });
    return this;
  }

  fit(x: Inputs | Dataset, yOrOptions?: Targets | FitOptions, maybeOptions?: FitOptions): Run {
    const { y, options } = sortArguments<FitOptions>(x, yOrOptions, maybeOptions);
    const run = newId();
    return new RunHandle(run, this.#fit(run, x, y, options));
  }

  async trainOnBatch(x: Inputs | Dataset, second?: Targets | BatchOptions, third?: BatchOptions) {
    const { y, options } = sortArguments<BatchOptions>(x, second, third);
    const id = await this.#reference();
    const { value, transfer } = await packData(x, y, this.preprocessing?.audio, options.sampleWeight);
    return call("trainOnBatch", { id, data: value, classWeight: options.classWeight }, { transfer });
  }

  evaluate(dataset: Dataset, options: EvaluateOptions & { details: true }): Promise<EvaluationDetails>;
  evaluate(dataset: Dataset, options?: EvaluateOptions): Promise<Logs>;
  evaluate(x: Inputs, y: Targets, options?: EvaluateOptions): Promise<Logs>;
  async evaluate(
    x: Inputs | Dataset,
    second?: Targets | DetailedOptions,
    third?: EvaluateOptions,
  ): Promise<Logs | EvaluationDetails> {
    const { y, options } = sortArguments<DetailedOptions>(x, second, third);
    const id = await this.#reference();
    const { value, transfer } = await packData(x, y, this.preprocessing?.audio, options.sampleWeight);
    const params = { id, data: value, batchSize: options.batchSize ?? DEFAULT_BATCH_SIZE };
    const how = { transfer, ...reading(options) };
    if (options.details) {
      const details = await call("evaluateDetails", params, how);
      for (const warning of details.warnings) options.onWarning?.(warning);
      return details;
    }
    const { logs, warnings } = await call("evaluate", params, how);
    for (const warning of warnings) options.onWarning?.(warning);
    return logs;
  }

  async predict(x: Inputs | Dataset, options: PredictOptions = {}): Promise<Tensor> {
    const outputs = await this.predictAll(x, options);
    return outputs[this.spec.outputs[0] as string] as Tensor;
  }

  async predictAll(x: Inputs | Dataset, options: PredictOptions = {}): Promise<{ [output: string]: Tensor }> {
    const id = await this.#reference();
    const { value: data, transfer } = await packData(x, undefined, this.preprocessing?.audio);
    const batchSize = options.batchSize ?? DEFAULT_BATCH_SIZE;
    const outputs = await call("predict", { id, data, batchSize }, { transfer, signal: options.signal });
    loadAhead();
    return outputs;
  }

  async generate(prompt: string, options: GenerateOptions = {}): Promise<string> {
    const { length = 200, signal, onText, ...spec } = options;
    if (!(Number.isInteger(length) && length >= 0)) {
      throw new TabgradError("argument", `generate: length is ${length}, expected a whole number from 0 on.`);
    }
    const id = await this.#reference();
    const onEvent = (text: unknown) => onText?.(text as string);
    return call("generate", { id, prompt, length, spec }, { signal, onEvent });
  }

  async classify(sample: Input, options: ClassifyOptions = {}): Promise<Classification[]> {
    const { data, shape } = await this.predict(sample, options);
    const [samples, classes = 0] = shape;
    if (shape.length !== 2 || samples !== 1) {
      throw new TabgradError(
        "shape",
        `classify: the output is [${shape.join(", ")}], expected one sample's classes.`,
      );
    }
    const all = Array.from(data, (probability, index) => ({
      label: this.classNames[index] ?? String(index),
      index,
      probability,
    }));
    all.sort((a, b) => b.probability - a.probability || a.index - b.index);
    return all.slice(0, options.top ?? classes);
  }

  async prepare(image: ImageSource): Promise<{ data: Uint8Array | Float32Array; shape: number[] }> {
    const id = await this.#reference();
    const wire = await toWireImage(image);
    return call("prepare", { id, image: wire }, { transfer: transferOf(wire) });
  }

  async activations(x: Inputs, layerNames: string[]): Promise<{ [layer: string]: Tensor }> {
    const id = await this.#reference();
    const { value, transfer } = await packInputs(x, this.preprocessing?.audio);
    return call("activations", { id, x: value, layers: layerNames }, { transfer });
  }

  async getWeights(): Promise<WeightTensor[]> {
    return call("getWeights", { id: await this.#reference() });
  }

  async setWeights(
    weights: { name: string; data: Float32Array | number[]; shape?: number[] }[],
  ): Promise<void> {
    const id = await this.#reference();
    const copies = weights.map((weight) => ({ ...weight, data: Float32Array.from(weight.data) }));
    await call("setWeights", { id, weights: copies }, { transfer: copies.map(({ data }) => data.buffer) });
  }

  async inspect(): Promise<ModelReport> {
    return call("inspect", { spec: this.spec });
  }

  async summary(options: SummaryOptions = {}): Promise<string> {
    const [report, { summaryOf }] = await Promise.all([this.inspect(), later()]);
    if (!options.plan) return summaryOf(this.name, report);
    const { batchSize = DEFAULT_BATCH_SIZE, training = this.#compiled !== undefined } = options;
    const plan = await call("plan", { id: await this.#reference(), batchSize, training });
    return summaryOf(this.name, report, plan);
  }

  async memory({ batchSize = DEFAULT_BATCH_SIZE } = {}): Promise<ModelMemory> {
    return call("memory", { id: await this.#reference(), batchSize });
  }

  get layers(): LayerInfo[] {
    return layersOf(this.spec);
  }

  getLayer(name: string): LayerInfo {
    return layerOf(this.spec, name);
  }

  async upTo(layer: string): Promise<Model> {
    return this.#another((id, cut) => call("cutModel", { id, newId: cut, layer }));
  }

  async after(layer: string): Promise<Model> {
    layerOf(this.spec, layer);
    const [report, { partAfter }] = await Promise.all([this.inspect(), later()]);
    const part = partAfter(this.spec, report, layer);
    if (!part) throw new TabgradError("argument", `after: no output follows from "${layer}" alone.`);
    return this.#another(async (model, id) => {
      const info = await call("createModel", { id, source: { spec: part.spec } });
      await call("takeWeights", { id, from: { model }, layers: part.layers, strict: true });
      return info;
    });
  }

  async features(dataset: Dataset, layer: string, options: PredictOptions = {}): Promise<Dataset> {
    const [cut, { featuresOf }] = await Promise.all([this.upTo(layer), later()]);
    try {
      return await featuresOf(cut, dataset, options);
    } finally {
      cut.dispose();
    }
  }

  apply(inputs: Node | readonly Node[], { prefix }: { prefix?: string } = {}): Node {
    return applied(this, inputs, prefix);
  }

  setTrainable(layers: LayerSelection, trainable: boolean): this {
    const names = chosenLayers(this.spec, layers);
    this.#info = { ...this.#info, spec: withTrainable(this.spec, names, trainable) };
    this.#chain((id) => call("setTrainable", { id, layers: names, trainable }));
    return this;
  }

  freeze(layers: LayerSelection = () => true): this {
    return this.setTrainable(layers, false);
  }

  unfreeze(layers: LayerSelection = () => true): this {
    return this.setTrainable(layers, true);
  }

  async loadWeights(
    source: Model | BytesSource,
    { byName = false, ...options }: LoadWeightsOptions = {},
  ): Promise<WeightsReport> {
    const id = await this.#reference();
    const from =
      source instanceof ModelHandle
        ? { model: await source.#reference() }
        : toWireBytes(source as BytesSource);
    return call("takeWeights", { id, from, layers: [], strict: !byName }, reading(options));
  }

  /** The number by which the worker knows a model. */
  static referTo(model: Model): Promise<number> {
    return (model as ModelHandle).#reference();
  }

  async testLearningRates(
    dataset: Dataset,
    options: LearningRateTestOptions = {},
  ): Promise<LearningRateTest> {
    return (await later()).testLearningRates(this, dataset, options);
  }

  async clone(): Promise<Model> {
    return this.#another((id, copy) => call("cloneModel", { id, newId: copy }));
  }

  async save(url: string | URL, options: SaveOptions = {}): Promise<void> {
    const id = await this.#reference();
    const target = absolute(url);
    // The browser may ask the user, and saving does not depend on the answer.
    if (nameIn(target) !== undefined) void platform().askToPersist();
    await call("saveModel", { id, url: target, options });
  }

  async export(format: "safetensors", options: { includeOptimizer?: boolean } = {}): Promise<Blob> {
    if (format !== "safetensors") {
      throw new TabgradError("unsupported", `export: the format is "${format}", expected "safetensors".`);
    }
    const id = await this.#reference();
    const bytes = await call("exportModel", { id, includeOptimizer: options.includeOptimizer ?? false });
    return new Blob([bytes as Uint8Array<ArrayBuffer>], { type: "application/octet-stream" });
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    dropped.unregister(this);
    forget(this.#id);
    this.#ready.then(
      () => tell("disposeModel", { id: this.#id }),
      () => {},
    );
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #fit(
    run: number,
    x: Inputs | Dataset,
    y: Targets | undefined,
    options: FitOptions,
  ): Promise<FitResult> {
    const id = await this.#reference();
    if (this.#running) throw new TabgradError("argument", "fit: this model is being trained already.");
    this.#running = true;
    try {
      const onBegun = ({
        classNames,
        preprocessing,
      }: Pick<Required<ModelInfo>, "classNames" | "preprocessing">) => {
        this.#info = { ...this.#info, classNames, preprocessing };
      };
      const { runFit } = await later();
      return await runFit({ model: this, id, run, x, y, options, onBegun, past: this.#info.history });
    } finally {
      this.#running = false;
    }
  }

  /** The model's number, once everything asked of it before is done. */
  async #reference(): Promise<number> {
    if (this.#disposed)
      throw new TabgradError("disposed", `The model "${this.name}" is used after dispose().`);
    await this.#ready;
    return this.#id;
  }

  /** Another model that the worker makes of this one, under a new number. */
  async #another(make: (id: number, newId: number) => Promise<ModelInfo>): Promise<Model> {
    const id = await this.#reference();
    const another = newId();
    // The worker sends what to keep of it.
    keep(another, {});
    try {
      return new ModelHandle(another, Promise.resolve(), await make(id, another));
    } catch (error) {
      forget(another);
      throw error;
    }
  }

  /** Does something before everything that is asked from now on. */
  #chain(action: (id: number) => Promise<unknown>): void {
    this.#ready = this.#reference().then(action);
    this.#ready.catch(() => {});
  }
}

type DetailedOptions = EvaluateOptions & { details?: boolean };
