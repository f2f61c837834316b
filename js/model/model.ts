/** The page's side of a model: its specification and history here, its weights in the worker. */
import { toWireImage, transferOf } from "../data/images.js";
import { toWireBytes } from "../data/index.js";
import { packData, packInputs } from "../data/inputs.js";
import { call, forget, keep, keepCompiled, newId } from "../engine.js";
import { TabgradError } from "../errors.js";
import { later, loadAhead } from "../later.js";
import { platform } from "../platform/platform.js";
import type { ModelInfo } from "../protocol.js";
import type { BytesSource, Dataset } from "../types/dataset.js";
import type {
  Classification,
  ClassifyOptions,
  CompileOptions,
  ExportFormat,
  GenerateOptions,
  LayerInfo,
  LayerSelection,
  LearningRateTest,
  LearningRateTestOptions,
  LoadWeightsOptions,
  Model,
  ModelExportOptions,
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
import type { DetailedOptions } from "./evaluation.js";
import { applied, type Node } from "./graph.js";
import { Reference } from "./reference.js";
import { RunHandle } from "./run.js";
import { chosenLayers, layerOf, layersOf, withTrainable } from "./transfer.js";

const DEFAULT_BATCH_SIZE = 32;

/** A model in the worker. */
export class ModelHandle implements Model {
  readonly #reference: Reference;
  #info: ModelInfo;
  #compiled: TrainerSpec | undefined;
  #running = false;

  /** `ready` resolves when the worker has the model; `info` is what is known before. */
  constructor(id: number, ready: Promise<unknown>, info: ModelInfo) {
    this.#info = info;
    this.#compiled = info.compiled;
    this.#reference = new Reference(id, this.name, ready);
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
    this.#reference.chain((id) => call("describe", { id, classNames: [...classNames] }));
  }

  get preprocessing(): Preprocessing | undefined {
    return this.#info.preprocessing;
  }
  set preprocessing(preprocessing: Preprocessing) {
    this.#info.preprocessing = preprocessing;
    this.#reference.chain((id) => call("describe", { id, preprocessing }));
  }

  compile(options: CompileOptions): this {
    const spec = toTrainerSpec(options);
    this.#compiled = spec;
    this.#reference.chain(async (id) => {
      await call("compile", { id, spec });
      keepCompiled(id, spec);
    });
    return this;
  }

  fit(x: Inputs | Dataset, yOrOptions?: Targets | FitOptions, maybeOptions?: FitOptions): Run {
    const { y, options } = sortArguments<FitOptions>(x, yOrOptions, maybeOptions);
    const run = newId();
    return new RunHandle(run, this.#fit(run, x, y, options), options);
  }

  async trainOnBatch(x: Inputs | Dataset, second?: Targets | BatchOptions, third?: BatchOptions) {
    const { y, options } = sortArguments<BatchOptions>(x, second, third);
    const id = await this.#reference.id();
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
    const id = await this.#reference.id();
    const { value: data, transfer } = await packData(x, y, this.preprocessing?.audio, options.sampleWeight);
    const { evaluated } = await later();
    return evaluated({ id, data, batchSize: options.batchSize ?? DEFAULT_BATCH_SIZE }, transfer, options);
  }

  async predict(x: Inputs | Dataset, options: PredictOptions = {}): Promise<Tensor> {
    const outputs = await this.predictAll(x, options);
    return outputs[this.spec.outputs[0] as string] as Tensor;
  }

  async predictAll(x: Inputs | Dataset, options: PredictOptions = {}): Promise<{ [output: string]: Tensor }> {
    const id = await this.#reference.id();
    const { value: data, transfer } = await packData(x, undefined, this.preprocessing?.audio);
    const batchSize = options.batchSize ?? DEFAULT_BATCH_SIZE;
    const outputs = await call("predict", { id, data, batchSize }, { transfer, signal: options.signal });
    loadAhead();
    return outputs;
  }

  async generate(prompt: string, options: GenerateOptions = {}): Promise<string> {
    const [id, { written }] = await Promise.all([this.#reference.id(), later()]);
    return written(id, prompt, options);
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
    const id = await this.#reference.id();
    const wire = await toWireImage(image);
    return call("prepare", { id, image: wire }, { transfer: transferOf(wire) });
  }

  async activations(x: Inputs, layerNames: string[]): Promise<{ [layer: string]: Tensor }> {
    const id = await this.#reference.id();
    const { value, transfer } = await packInputs(x, this.preprocessing?.audio);
    return call("activations", { id, x: value, layers: layerNames }, { transfer });
  }

  async getWeights(): Promise<WeightTensor[]> {
    return call("getWeights", { id: await this.#reference.id() });
  }

  async setWeights(
    weights: { name: string; data: Float32Array | number[]; shape?: number[] }[],
  ): Promise<void> {
    const id = await this.#reference.id();
    const copies = weights.map((weight) => ({ ...weight, data: Float32Array.from(weight.data) }));
    await call("setWeights", { id, weights: copies }, { transfer: copies.map(({ data }) => data.buffer) });
  }

  async inspect(): Promise<ModelReport> {
    return call("inspect", { spec: this.spec });
  }

  async summary(options: SummaryOptions = {}): Promise<string> {
    return (await later()).summarized(this, this.#reference, options);
  }

  async memory({ batchSize = DEFAULT_BATCH_SIZE } = {}): Promise<ModelMemory> {
    return call("memory", { id: await this.#reference.id(), batchSize });
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
    const { makerOfPart } = await later();
    return this.#another(await makerOfPart(this.spec, layer));
  }

  async features(dataset: Dataset, layer: string, options: PredictOptions = {}): Promise<Dataset> {
    return (await later()).featuresOf(this, dataset, layer, options);
  }

  apply(inputs: Node | readonly Node[], { prefix }: { prefix?: string } = {}): Node {
    return applied(this, inputs, prefix);
  }

  setTrainable(layers: LayerSelection, trainable: boolean): this {
    const names = chosenLayers(this.spec, layers);
    this.#info = { ...this.#info, spec: withTrainable(this.spec, names, trainable) };
    this.#reference.chain((id) => call("setTrainable", { id, layers: names, trainable }));
    return this;
  }

  freeze(layers: LayerSelection = () => true): this {
    return this.setTrainable(layers, false);
  }

  unfreeze(layers: LayerSelection = () => true): this {
    return this.setTrainable(layers, true);
  }

  async loadWeights(source: Model | BytesSource, options: LoadWeightsOptions = {}): Promise<WeightsReport> {
    const [id, { loadedWeights }] = await Promise.all([this.#reference.id(), later()]);
    const from =
      source instanceof ModelHandle
        ? { model: await source.#reference.id() }
        : toWireBytes(source as BytesSource);
    return loadedWeights(id, from, options);
  }

  /** The number by which the worker knows a model. */
  static referTo(model: Model): Promise<number> {
    return (model as ModelHandle).#reference.id();
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
    const id = await this.#reference.id();
    const target = absolute(url);
    // The browser may ask the user, and saving does not depend on the answer.
    if (nameIn(target) !== undefined) void platform().askToPersist();
    await call("saveModel", { id, url: target, options });
  }

  async export(format: ExportFormat, options: ModelExportOptions = {}): Promise<Blob> {
    const [id, { exportedModel }] = await Promise.all([this.#reference.id(), later()]);
    return exportedModel(id, format, options);
  }

  dispose(): void {
    this.#reference.dispose();
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
    const id = await this.#reference.id();
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

  /** Another model that the worker makes of this one, under a new number. */
  async #another(make: (id: number, newId: number) => Promise<ModelInfo>): Promise<Model> {
    const id = await this.#reference.id();
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
}
