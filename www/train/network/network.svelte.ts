import {
  inspect,
  type LayerReport,
  type LayerType,
  layerTypes,
  type ModelReport,
  type ModelSpec,
} from "tabgrad";
import { type Answer, isNumber } from "../../data/answer";
import { explain } from "../../shared/problem";
import { remember, remembered } from "../../shared/settings";
import { digits, fitsTo, type Given } from "./fitting";
import { outputsOf, refit } from "./head";
import { asNodeSettings } from "./node-settings";
import { defaultPreset, type EditedLayer, type Preset, presets } from "./presets";
import { type EditorLayer, firstJoin, layersOf, nodesOf, rowProblem, rowsOf, withSettings } from "./rows";

const DEFAULT_INPUT = [28, 28, 1];
const DEFAULT_ANSWER: Answer = { classes: 10 };

/** Deviations whose fourth power, which optimisers keep, fits into the engine's numbers. */
const DEVIATIONS = [1e-6, 1e8] as const;

/** The network being edited: a list of layers, and what the engine says about it. */
class Network {
  layers = $state.raw<EditorLayer[]>([]);
  /** The preset it was made from; empty once it was edited. */
  presetId = $state("");
  inputShape = $state.raw<readonly number[]>(DEFAULT_INPUT);
  answer = $state.raw<Answer>(DEFAULT_ANSWER);
  /** Whether the dataset says what is to be answered. */
  answerable = $state(true);
  report = $state.raw<ModelReport | undefined>();
  /** What its samples are. */
  given = $state.raw<Given>(digits);
  presets = $state.raw(presets);
  types = $state.raw<LayerType[]>([]);
  problem = $state("");
  #next = 1;
  #asked = 0;

  async start(): Promise<void> {
    const stored = remembered("network", asLayers);
    // Shown as they were kept; a preset is made for the samples when these are there.
    if (stored) this.#set(stored.layers, stored.preset);
    else this.usePreset(defaultPreset.id);
    try {
      this.presets = [...presets, ...(await import("./more-presets")).morePresets];
      this.types = await layerTypes();
    } catch (error) {
      this.problem = explain(error);
    }
  }

  usePreset(id: string): void {
    const preset = this.presetOf(id) ?? defaultPreset;
    this.presetId = preset.id;
    this.#set(this.#made(preset), preset.id);
  }

  presetOf(id: string): Preset | undefined {
    return this.presets.find((preset) => preset.id === id);
  }

  /** The presets that fit the samples, or the others. */
  offered(fitting: boolean): Preset[] {
    return this.presets.filter(({ seen }) => fitsTo(this.given.seen, seen) === fitting);
  }

  /** The preset that such samples begin with. */
  get usualPreset(): Preset {
    const { seen } = this.given;
    return this.presets.find((preset) => preset.seen === seen) ?? this.offered(true)[0] ?? defaultPreset;
  }

  /** Fits the network to a dataset: its input, and what makes its answer. */
  fit(inputShape: readonly number[], answer: Answer, given: Given): void {
    const now = [inputShape, answer, given];
    if (JSON.stringify(now) === JSON.stringify([this.inputShape, this.answer, this.given])) return;
    this.inputShape = inputShape;
    this.answer = answer;
    this.given = given;
    const preset = this.presetOf(this.presetId);
    if (preset && fitsTo(given.seen, preset.seen)) {
      this.#set(this.#made(preset), preset.id);
      return;
    }
    this.#set(refit(layersOf(this.layers), answer), this.presetId);
  }

  edit(id: number, layer: EditedLayer): void {
    this.#change(this.layers.map((row) => (row.id === id ? { id, layer } : row)));
  }

  add(type: string): void {
    // In front of what makes the answer: the last dense layer, and what makes a row for it.
    const placeOf = (type: string) => this.layers.findLastIndex((row) => row.layer.type === type);
    const at = [placeOf("flatten"), placeOf("dense"), this.layers.length].find((place) => place >= 0);
    const rows = [...this.layers];
    const shapeOf = (index: number) => (index < 0 ? this.inputShape : this.rowReport(index)?.outputShape);
    const joins = this.typeOf(type)?.severalInputs ? { joins: [firstJoin(rows, shapeOf, at as number)] } : {};
    rows.splice(at as number, 0, { id: this.#next++, layer: withSettings(started(type), joins) });
    this.#change(rows);
  }

  move(id: number, by: -1 | 1): void {
    const from = this.layers.findIndex((row) => row.id === id);
    const to = from + by;
    const rows = [...this.layers];
    const [row] = rows.splice(from, 1);
    if (!row || to < 0 || to > rows.length) return;
    rows.splice(to, 0, row);
    this.#change(rows);
  }

  remove(id: number): void {
    this.#change(this.layers.filter((row) => row.id !== id));
  }

  get spec(): ModelSpec {
    return this.specWith(0);
  }

  /** The sequence as the graph that the package takes. */
  specWith(seed: number): ModelSpec {
    const nodes = nodesOf(this.layers, "input");
    const outputs = [nodes.at(-1)?.name ?? "input"];
    return { seed, inputs: [{ name: "input", shape: [...this.inputShape] }], nodes, outputs };
  }

  typeOf(type: string): LayerType | undefined {
    return this.types.find((kind) => kind.type === type);
  }

  /** What is wrong with a row, in words; empty if nothing is. */
  rowProblem(index: number): string {
    return rowProblem(this.layers, index) || (this.rowReport(index)?.error ?? "");
  }

  rowReport(index: number): LayerReport | undefined {
    return this.report?.layers[index];
  }

  /** Whether the network can be trained on the dataset as it is; else why not, in words. */
  get refusal(): string {
    if (!this.answerable)
      return "The data say nothing that is to be answered. Sort them into classes, or choose a column to answer on the Data place.";
    if (this.layers.length === 0) return "Add a layer first.";
    const rows = this.report?.layers ?? [];
    const bad = this.layers.findIndex((_, index) => this.rowProblem(index) !== "");
    if (bad >= 0) return `Layer ${bad + 1} cannot be built, see there.`;
    if (this.report?.error) return this.report.error;
    const output = rows.at(-1)?.outputShape;
    const units = outputsOf(this.answer);
    if (output && output.join() !== String(units)) {
      const wanted = isNumber(this.answer)
        ? "one number is to be estimated"
        : `the data have ${units} classes`;
      return `The network ends in ${output.join(" × ")} values, ${wanted}. Set the units of the last dense layer to ${units}.`;
    }
    const [least, most] = DEVIATIONS;
    if (isNumber(this.answer) && !(this.answer.deviation >= least && this.answer.deviation <= most)) {
      return `The numbers to be estimated differ by ${this.answer.deviation.toPrecision(2)}; from ${least} to ${most.toPrecision(1)} can be learnt. Give them in another unit, such as millions.`;
    }
    return "";
  }

  #made(preset: Preset): EditedLayer[] {
    return preset.layers(this.answer, { ...this.given, shape: this.inputShape });
  }

  #change(rows: EditorLayer[]): void {
    this.presetId = "";
    this.layers = rows;
    this.#changed();
  }

  #set(layers: readonly EditedLayer[], presetId = ""): void {
    this.presetId = presetId;
    this.layers = rowsOf(layers, () => this.#next++);
    this.#changed();
  }

  #changed(): void {
    remember("network", { preset: this.presetId, layers: layersOf(this.layers) });
    void this.#inspect();
  }

  async #inspect(): Promise<void> {
    const asked = ++this.#asked;
    try {
      const report = await inspect(this.spec);
      if (asked !== this.#asked) return;
      this.report = report;
      this.problem = "";
    } catch (error) {
      if (asked === this.#asked) this.problem = explain(error);
    }
  }
}

/** A layer of this kind, with something for the attributes that have no default. */
export function started(type: string): EditedLayer {
  const kind = network.typeOf(type);
  const layer: EditedLayer = { type };
  for (const attribute of kind?.attributes ?? []) {
    if (attribute.default === undefined) {
      const value = firstValue(attribute.name);
      if (value !== undefined) layer[attribute.name] = value;
    }
  }
  return layer;
}

/** A start for attributes that have no default. */
function firstValue(attribute: string): unknown {
  const values: Record<string, unknown> = {
    filters: 16,
    units: 64,
    kernelSize: 3,
    poolSize: 2,
    rate: 0.25,
    activation: "relu",
    targetShape: [-1],
    inputDim: 1000,
    outputDim: 32,
    numHeads: 2,
    keyDim: 16,
    layer: { type: "gru", units: 32 },
    dims: [2, 1, 3],
    n: 4,
    stddev: 0.1,
  };
  return values[attribute];
}

function asLayers(value: unknown): { preset: string; layers: EditedLayer[] } | undefined {
  const stored = value as { preset: unknown; layers: unknown };
  const sound = (layer: EditedLayer) => typeof layer?.type === "string";
  if (typeof stored?.preset !== "string" || !Array.isArray(stored.layers) || !stored.layers.every(sound))
    return undefined;
  const layers = stored.layers.map((layer: EditedLayer) => withSettings(layer, asNodeSettings(layer.node)));
  return { preset: stored.preset, layers };
}

export const network = new Network();
