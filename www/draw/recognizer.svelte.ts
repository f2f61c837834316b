import type { Model } from "tabgrad";
import type { Pixels } from "../shared/pixels";
import { codeOf, explain } from "../shared/problem";
import { type FeatureLayer, featureLayers } from "./feature-layers";
import type { Sketch } from "./sketch.svelte";

export interface Features extends FeatureLayer {
  maps: Pixels;
}

/**
 * Asks the model about the sketch, one question at a time: a change that comes while the
 * model works is asked about right after, and what lies between is skipped.
 */
export class Recognizer {
  /** In class order. */
  probabilities = $state.raw<Float32Array | undefined>();
  prepared = $state.raw<Pixels | undefined>();
  features = $state.raw<Features[]>([]);
  /** From the change of ink to the probabilities. */
  milliseconds = $state<number | undefined>();
  problem = $state("");
  #pending: { model: Model; sketch: Sketch; since: number } | undefined;
  #busy = false;

  ask(model: Model, sketch: Sketch): void {
    this.#pending = { model, sketch, since: this.#pending?.since ?? performance.now() };
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    while (this.#pending) {
      // At most once a frame: what is not painted need not be computed.
      await new Promise(requestAnimationFrame);
      const { model, sketch, since } = this.#pending;
      this.#pending = undefined;
      try {
        await this.#answer(model, sketch, since);
        this.problem = "";
      } catch (error) {
        // A model that was replaced meanwhile is no news: the one in its place is asked next.
        if (codeOf(error) !== "disposed") this.problem = explain(error);
      }
    }
    this.#busy = false;
  }

  async #answer(model: Model, sketch: Sketch, since: number): Promise<void> {
    const prepared = await model.prepare(sketch.picture());
    const input = { data: prepared.data, shape: [1, ...prepared.shape] };
    const { empty } = sketch;
    const classes = empty ? undefined : await model.classify(input);
    this.prepared = toPixels(prepared.data, prepared.shape);
    if (classes) {
      const probabilities = new Float32Array(classes.length);
      for (const { index, probability } of classes) probabilities[index] = probability;
      this.probabilities = probabilities;
      this.milliseconds = performance.now() - since;
    } else {
      this.probabilities = undefined;
      this.milliseconds = undefined;
    }
    const layers = featureLayers(model.spec);
    const outputs = await model.activations(
      input,
      layers.map((layer) => layer.node),
    );
    this.features = layers.flatMap((layer) => {
      const output = outputs[layer.node];
      return output ? [{ ...layer, maps: toPixels(output.data, output.shape.slice(1)) }] : [];
    });
  }
}

function toPixels(data: Uint8Array | Float32Array, shape: readonly number[]): Pixels {
  const [height = 1, width = 1, channels = 1] = shape;
  return { data, height, width, channels };
}
