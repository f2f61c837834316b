/** The rows of the editor as the graph that they stand for: each takes the one above it, or others by their numbers. */
import type { LayerSpec, NodeSpec } from "tabgrad";
import { type NodeSettings, settingsProblem, trainedAs } from "./node-settings";
import type { EditedLayer } from "./presets";

export interface EditorLayer {
  /** Stays the same while the layer is moved and edited. */
  id: number;
  layer: EditedLayer;
}

/** The number of the network's input; rows are numbered from 1. */
export const INPUT = 0;

/** In the place of a row that is not there any more. */
const GONE = -1;

/** What a layer takes by number. */
export function sourcesOf({ node }: EditedLayer): number[] {
  return [...(node?.from === undefined ? [] : [node.from]), ...(node?.joins ?? [])];
}

/** Layers as rows with numbers of their own, which no row had before. */
export function rowsOf(layers: readonly EditedLayer[], next: () => number): EditorLayer[] {
  const ids = new Map([[INPUT, INPUT]]);
  const rows = layers.map((layer) => {
    const id = next();
    if (layer.node?.id !== undefined) ids.set(layer.node.id, id);
    return { id, layer };
  });
  const now = (id: number) => ids.get(id) ?? GONE;
  return rows.map(({ id, layer: { node, ...layer } }) => {
    const { id: _, from, joins, ...rest } = node ?? {};
    const settings: NodeSettings = {
      ...rest,
      ...(from === undefined ? {} : { from: now(from) }),
      ...(joins && joins.length > 0 ? { joins: joins.map(now) } : {}),
    };
    return { id, layer: withSettings(layer, settings) };
  });
}

/** Rows as they are kept: those that others take have their number. */
export function layersOf(rows: readonly EditorLayer[]): EditedLayer[] {
  const taken = new Set(rows.flatMap(({ layer }) => sourcesOf(layer)));
  return rows.map(({ id, layer }) => (taken.has(id) ? withSettings(layer, { ...layer.node, id }) : layer));
}

/** A layer of which this is said; nothing where there is nothing. */
export function withSettings({ node: _, ...layer }: EditedLayer, node: NodeSettings): EditedLayer {
  return Object.keys(node).length > 0 ? { ...layer, node } : layer;
}

/** What is wrong with what is said of a row, in words; empty if nothing is. */
export function rowProblem(rows: readonly EditorLayer[], index: number): string {
  const layer = rows[index]?.layer;
  if (!layer) return "";
  const wrong = settingsProblem(layer.node ?? {});
  if (wrong) return wrong;
  for (const source of sourcesOf(layer)) {
    const at = rows.findIndex(({ id }) => id === source);
    if (source !== INPUT && at < 0) return "It takes a layer that was removed. Choose another one below.";
    if (at >= index)
      return `It takes layer ${at + 1}, which is not above it. Move it down, or choose another one below.`;
  }
  return "";
}

/** The rows as nodes that the package takes; what cannot be taken is left out. */
export function nodesOf(rows: readonly EditorLayer[], input: string): NodeSpec[] {
  const own = new Set([input, ...rows.flatMap(({ layer }) => layer.node?.name ?? [])]);
  const counts = new Map<string, number>();
  const names = new Map([[INPUT, input]]);
  let above = input;
  return rows.map(({ id, layer: { node, ...layer } }) => {
    const sources = [node?.from, ...(node?.joins ?? [])].map((source, i) => {
      const name = source === undefined ? undefined : names.get(source);
      return i === 0 ? (name ?? above) : name;
    });
    above = node?.name ?? numbered(layer.type, counts, own);
    names.set(id, above);
    return {
      name: above,
      layer: layer as unknown as LayerSpec,
      inputs: sources.filter((name) => name !== undefined),
      ...trainedAs({ ...layer, ...(node ? { node } : {}) }),
    };
  });
}

/** "conv2d_1", or the next that nobody chose. */
function numbered(type: string, counts: Map<string, number>, taken: ReadonlySet<string>): string {
  let n = counts.get(type) ?? 0;
  let name: string;
  do name = `${type}_${++n}`;
  while (taken.has(name));
  counts.set(type, n);
  return name;
}

/** What a layer that joins others is begun with: the last before it of the same shape, or just the last. */
export function firstJoin(
  rows: readonly EditorLayer[],
  shapeOf: (index: number) => readonly number[] | undefined,
  at: number,
): number {
  const above = shapeOf(at - 1)?.join();
  for (let index = at - 2; index >= 0; index--) {
    if (above !== undefined && shapeOf(index)?.join() === above) return rows[index]?.id ?? INPUT;
  }
  return rows[at - 2]?.id ?? INPUT;
}
