/** Builds specifications: sequences and graphs of named layers. */
import { TabgradError } from "../errors.js";
import type { Constraint, LayerSpec, ModelSpec, NodeSpec, Regularizer } from "../types/specs.js";

/** The output of an input or of a layer, in a graph in the making. */
export class Node {
  readonly name: string | undefined;
  /** The layer that makes it, or the shape of an input, without the batch dimension. */
  readonly origin: { layer: Layer; inputs: readonly Node[] } | { shape: readonly number[] };

  constructor(origin: Node["origin"], name: string | undefined) {
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
    return new Node({ layer: this, inputs: inputs instanceof Node ? [inputs] : [...inputs] }, this.name);
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
  winograd?: boolean;
}

/** A chain of layers. */
export interface SequentialOptions extends ModelOptions {
  /** The shape of one sample. */
  inputShape: readonly number[];
  layers: readonly Layer[];
}

/** A graph of layers: everything that leads from the inputs to the outputs. */
export interface GraphOptions extends ModelOptions {
  inputs: Node | readonly Node[];
  outputs: Node | readonly Node[];
}

/** The specification of a chain. */
export function sequentialSpec(options: SequentialOptions): ModelSpec {
  const start = input({ shape: options.inputShape });
  const end = options.layers.reduce((node, layer) => layer.apply(node), start);
  return graphSpec({ ...options, inputs: start, outputs: end });
}

/** The specification of a graph. Layers are ordered so that each comes after what it needs. */
export function graphSpec(options: GraphOptions): ModelSpec {
  const inputs = asList(options.inputs);
  const outputs = asList(options.outputs);
  const order = sorted(inputs, outputs);
  const names = nameAll([...inputs, ...order]);
  const nameOf = (node: Node) => names.get(node) as string;
  const first = new Map<Layer, string>();
  const nodes = order.map((node): NodeSpec => {
    const { layer, inputs: needed } = node.origin as { layer: Layer; inputs: Node[] };
    const own = { name: nameOf(node), layer: layer.spec, inputs: needed.map(nameOf) };
    const weightsOf = first.get(layer);
    if (weightsOf !== undefined) return { ...own, weightsOf };
    first.set(layer, own.name);
    return { ...own, ...layer.settings };
  });
  return {
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
