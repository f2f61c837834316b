/** Builds specifications: sequences and graphs of named layers. */
import { TabgradError } from "../errors.js";
import type { Model } from "../types/model.js";
import type { Constraint, LayerSpec, ModelSpec, NodeSpec, Regularizer } from "../types/specs.js";

/** A layer of another model, whose weights a new one begins with. */
export interface Taken {
  model: Model;
  /** Its name there. */
  layer: string;
}

/** How a node is made, besides its name. */
type Origin =
  | { layer: Layer; inputs: readonly Node[]; taken?: Taken | undefined }
  | { shape: readonly number[] };

/** The output of an input or of a layer, in a graph in the making. */
export class Node {
  readonly name: string | undefined;
  /** The layer that makes it, or the shape of an input, without the batch dimension. */
  readonly origin: Origin;

  constructor(origin: Origin, name: string | undefined) {
    if ("layer" in origin && name?.includes("/"))
      throw graphError(
        `the layer's name "${name}" has a "/", expected none: weights are named layer/parameter`,
      );
    this.origin = origin;
    this.name = name;
  }
}

/** What is said of a layer in a model besides its attributes. */
export interface NodeSettings {
  /** Whether training changes its parameters; true if not given. */
  trainable?: boolean | undefined;
  /** Penalties on its parameters, by their names. */
  regularizers?: { [parameter: string]: Regularizer };
  /** Limits on its parameters, by their names. */
  constraints?: { [parameter: string]: Constraint };
}

/** A layer in the making. */
export class Layer {
  /** Its kind and its attributes. */
  readonly spec: LayerSpec;
  /** Its name in the model; by default its kind and a number. */
  readonly name: string | undefined;
  /** Whether training changes its parameters, in models that are built from now on. */
  trainable: boolean;
  readonly #limits: Omit<NodeSettings, "trainable">;

  constructor(spec: LayerSpec, name: string | undefined, settings: NodeSettings = {}) {
    this.spec = spec;
    this.name = name;
    const { trainable = true, ...limits } = settings;
    this.trainable = trainable;
    this.#limits = limits;
  }

  /** What a node says of it besides its layer; nothing that goes without saying. */
  get settings(): Pick<NodeSpec, "trainable" | "regularizers" | "constraints"> {
    const { regularizers = {}, constraints = {} } = this.#limits;
    return {
      ...(this.trainable ? {} : { trainable: false }),
      ...(Object.keys(regularizers).length > 0 ? { regularizers } : {}),
      ...(Object.keys(constraints).length > 0 ? { constraints } : {}),
    };
  }

  /**
   * The node that this layer makes of one or several others. Applied twice in a model, it has the same weights at
   * both places.
   */
  apply(inputs: Node | readonly Node[]): Node {
    return new Node({ layer: this, inputs: [...asList(inputs)] }, this.name);
  }
}

/** An input of a model: `shape` is that of one sample. */
export function input(options: { shape: readonly number[]; name?: string }): Node {
  return new Node({ shape: [...options.shape] }, options.name);
}

/** What both kinds of models share. */
export interface ModelOptions {
  name?: string;
  /** Decides the first weights, and by default everything else that is random. Default 0. */
  seed?: number;
  /**
   * Whether 3x3 convolutions may use Winograd's algorithm, which is several times faster but rounds
   * differently: its results differ from the direct ones by up to 1e-5 of the largest. Default true.
   */
  winograd?: boolean | undefined;
}

/** A chain of layers, from an input or from the output of a model. */
export type SequentialOptions = ModelOptions & {
  layers: readonly Layer[];
} & (
    | {
        /** The shape of one sample. */
        inputShape: readonly number[];
        base?: undefined;
      }
    | {
        /**
         * What the chain begins with: a model of one input and one output, such as `await other.upTo("pool")`. Its
         * layers become part of the new model under their names, with a copy of their weights.
         */
        base: Model;
        inputShape?: undefined;
      }
  );

/** A graph of layers: everything that leads from the inputs to the outputs. */
export interface GraphOptions extends ModelOptions {
  inputs: Node | readonly Node[];
  outputs: Node | readonly Node[];
}

/** A model in the making: its specification, and the layers that have been trained elsewhere, by their new names. */
export interface Design {
  spec: ModelSpec;
  taken: Map<string, Taken>;
}

/** A chain. */
export function sequentialDesign({ base, inputShape, ...options }: SequentialOptions): Design {
  const [first] = base?.spec.inputs ?? [];
  const start = first ? input(first) : input({ shape: inputShape ?? [] });
  const front = base ? applied(base, start) : start;
  const end = options.layers.reduce((node, layer) => layer.apply(node), front);
  return graphDesign({ winograd: base?.spec.winograd, ...options, inputs: start, outputs: end });
}

/** The layers of models that were applied, and of which specification of theirs: freezing gives a model another. */
const layersOfModels = new WeakMap<Model, { spec: ModelSpec; layers: Map<string, Layer> }>();

/** The same layers each time that a model is applied, so that they have the same weights. */
function layersOf(model: Model): Map<string, Layer> {
  const { spec } = model;
  const known = layersOfModels.get(model);
  if (known?.spec === spec) return known.layers;
  const layers = new Map(
    spec.nodes.map(({ name, layer, ...settings }) => [name, new Layer(layer, name, settings)]),
  );
  layersOfModels.set(model, { spec, layers });
  return layers;
}

/**
 * The output of a model for these nodes: its layers, once more. `prefix`, such as "left_", is put before their names,
 * which have to be others than those of the rest of the graph. Where a graph has them twice, they have the same weights
 * at both places.
 */
export function applied(model: Model, inputs: Node | readonly Node[], prefix = ""): Node {
  const { spec } = model;
  const given = asList(inputs);
  const [output, ...others] = spec.outputs;
  if (output === undefined || others.length > 0)
    throw graphError(`"${model.name}" has ${spec.outputs.length} outputs, expected one; cut it by upTo()`);
  if (given.length !== spec.inputs.length)
    throw graphError(`"${model.name}" takes ${spec.inputs.length} inputs, found ${given.length}`);
  const values = new Map(spec.inputs.map(({ name }, index) => [name, given[index] as Node]));
  const nodes = new Map(spec.nodes.map((node) => [node.name, node]));
  const layers = layersOf(model);
  // By a stack of its own: a chain may be deeper than the call stack.
  const stack = [output];
  /** What waits for what it needs. */
  const open = new Set<string>();
  while (stack.length > 0) {
    const name = stack.at(-1) as string;
    const node = nodes.get(name);
    const missing = values.has(name) ? [] : (node?.inputs ?? []).filter((needed) => !values.has(needed));
    if (!node && !values.has(name)) throw graphError(`"${model.name}" has no layer "${name}"`);
    if (missing.some((needed) => open.has(needed)))
      throw graphError(`"${model.name}" goes in a circle at "${name}"`);
    if (missing.length > 0) {
      open.add(name);
      stack.push(...missing);
      continue;
    }
    stack.pop();
    if (!node || values.has(name)) continue;
    const inputs = node.inputs.map((needed) => values.get(needed) as Node);
    const layer = layers.get(node.weightsOf ?? name) as Layer;
    values.set(name, new Node({ layer, inputs, taken: { model, layer: name } }, prefix + name));
  }
  return values.get(output) as Node;
}

/** A graph. Layers are ordered so that each comes after what it needs. */
export function graphDesign(options: GraphOptions): Design {
  const inputs = asList(options.inputs);
  const outputs = asList(options.outputs);
  const order = sorted(inputs, outputs);
  const names = nameAll([...inputs, ...order]);
  const nameOf = (node: Node) => names.get(node) as string;
  const taken = new Map<string, Taken>();
  const first = new Map<Layer, string>();
  const nodes = order.map((node): NodeSpec => {
    const origin = node.origin as Exclude<Origin, { shape: unknown }>;
    const { layer } = origin;
    const own = { name: nameOf(node), layer: layer.spec, inputs: origin.inputs.map(nameOf) };
    const weightsOf = first.get(layer);
    if (weightsOf !== undefined) return { ...own, weightsOf };
    first.set(layer, own.name);
    if (origin.taken) taken.set(own.name, origin.taken);
    return { ...own, ...layer.settings };
  });
  const spec = {
    ...(options.name === undefined ? {} : { name: options.name }),
    seed: options.seed ?? 0,
    ...(options.winograd === undefined ? {} : { winograd: options.winograd }),
    inputs: inputs.map((node) => {
      if (!("shape" in node.origin))
        throw graphError("a layer's output was given as an input; expected input()");
      return { name: nameOf(node), shape: [...node.origin.shape] };
    }),
    nodes,
    outputs: outputs.map(nameOf),
  };
  return { spec, taken };
}

function asList(nodes: Node | readonly Node[]): readonly Node[] {
  return nodes instanceof Node ? [nodes] : nodes;
}

/** Every layer that the outputs need, each after what it needs. */
function sorted(inputs: readonly Node[], outputs: readonly Node[]): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>(inputs);
  // By a stack of its own: a chain may be deeper than the call stack.
  const stack = outputs.toReversed().map((node) => ({ node, next: 0 }));
  while (stack.length > 0) {
    const top = stack.at(-1) as { node: Node; next: number };
    const { origin } = top.node;
    if (seen.has(top.node)) {
      stack.pop();
    } else if ("shape" in origin) {
      throw graphError(
        `the outputs need the input "${top.node.name ?? "without a name"}", which is not among the inputs`,
      );
    } else if (top.next < origin.inputs.length) {
      stack.push({ node: origin.inputs[top.next] as Node, next: 0 });
      top.next += 1;
    } else {
      seen.add(top.node);
      order.push(top.node);
      stack.pop();
    }
  }
  return order;
}

/** Names as they were given; where none was, the kind and a number. */
function nameAll(nodes: readonly Node[]): Map<Node, string> {
  const names = new Map<Node, string>();
  const used = new Set<string>();
  const applied = new Set<Layer>();
  for (const node of nodes) {
    if (node.name === undefined) continue;
    const layer = "layer" in node.origin ? node.origin.layer : undefined;
    if (used.has(node.name)) {
      // A layer that is applied again has its name with a number.
      if (layer && applied.has(layer)) continue;
      throw graphError(`the name "${node.name}" is used twice`);
    }
    if (layer) applied.add(layer);
    used.add(node.name);
    names.set(node, node.name);
  }
  const counts = new Map<string, number>();
  for (const node of nodes) {
    if (names.has(node)) continue;
    const kind = node.name ?? ("shape" in node.origin ? "input" : node.origin.layer.spec.type);
    let number = counts.get(kind) ?? 0;
    const numbered = () => (number === 0 ? kind : `${kind}_${number}`);
    while (used.has(numbered())) number += 1;
    used.add(numbered());
    names.set(node, numbered());
    counts.set(kind, number);
  }
  return names;
}

function graphError(message: string): TabgradError {
  return new TabgradError("argument", `model: ${message}.`);
}
