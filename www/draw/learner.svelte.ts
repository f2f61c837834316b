import type { Dataset, Model, WeightTensor } from "tabgrad";
import { current, modelUrl, SHIPPED } from "../models/current.svelte";
import { models } from "../models/models.svelte";
import { keepNote, type Note } from "../models/notes";
import { counted, percent } from "../shared/format";
import { explain } from "../shared/problem";
import { CORRECTIONS, drawingsOf, removeDrawing, storeDrawing } from "./drawings";
import { type Block, block, rehearsalDigits } from "./rehearsal";
import type { Sketch } from "./sketch.svelte";

const LEARNING_RATE = 1e-3;
/** A correction is learned when the right class gets this probability. */
const ENOUGH = 0.9;
const MOST_STEPS = 40;
/** Each step sees the drawing this often, up to so many earlier corrections, and rehearsal. */
const COPIES = 8;
const EARLIER = 12;
const REHEARSED = 48;
/** Rehearsal digits that are asked before and after. */
const CHECKED = 500;

interface Undo {
  model: Model;
  weights: WeightTensor[];
  name: string;
  note: Note | undefined;
  drawing: number | undefined;
}

/** Corrections: trains the model in use on a drawing until it gets it right. */
export class Learner {
  busy = $state(false);
  /** What was learned, in words. */
  said = $state("");
  problem = $state("");
  canUndo = $state(false);
  #undo: Undo | undefined;

  async correct(model: Model, sketch: Sketch, label: number): Promise<void> {
    this.busy = true;
    this.problem = "";
    try {
      await this.#learn(model, sketch, label);
    } catch (error) {
      this.problem = explain(error);
    } finally {
      this.busy = false;
      this.canUndo = this.#undo !== undefined;
    }
  }

  async #learn(model: Model, sketch: Sketch, label: number): Promise<void> {
    const className = model.classNames[label] ?? String(label);
    const prepared = await model.prepare(sketch.picture());
    const rehearsal = await rehearsalFor(model);
    const earlier = await earlierCorrections(model);
    const weights = await model.getWeights();
    const before = rehearsal && (await rightShare(model, rehearsal));

    model.compile({
      optimizer: { type: "adam", learningRate: LEARNING_RATE },
      loss: "sparseCategoricalCrossentropy",
      metrics: ["accuracy"],
    });
    const sample = { data: prepared.data, shape: [1, ...prepared.shape] };
    let steps = 0;
    let probability = 0;
    do {
      const batch = await mix(prepared, label, earlier, rehearsal, steps);
      await model.trainOnBatch({ data: batch.data, shape: batch.shape }, batch.labels);
      steps += 1;
      const answer = await model.classify(sample);
      probability = answer.find((c) => c.index === label)?.probability ?? 0;
      current.changed();
    } while (probability < ENOUGH && steps < MOST_STEPS);

    const after = rehearsal && (await rightShare(model, rehearsal));
    this.#undo = { model, weights, name: current.name, note: current.note, drawing: undefined };
    this.said = describe(className, steps, probability, before, after);
    this.#undo.drawing = await storeDrawing({
      set: CORRECTIONS,
      label: className,
      strokes: sketch.strokes.map((stroke) => ({
        kind: stroke.kind,
        points: stroke.points.map((p) => ({ ...p })),
      })),
      pixels:
        prepared.data instanceof Uint8Array ? prepared.data : Uint8Array.from(prepared.data, (v) => v * 255),
      shape: prepared.shape,
      at: Date.now(),
    });
    await keep(model, after);
  }

  /** Another model is in use: what was said is about the one before. */
  follow(model: Model | undefined): void {
    if (this.#undo?.model === model) return;
    this.#undo = undefined;
    this.canUndo = false;
    this.said = "";
    this.problem = "";
  }

  /** Gives the model the weights of before the last correction. */
  async undo(): Promise<void> {
    const undo = this.#undo;
    if (!undo) return;
    this.#undo = undefined;
    this.canUndo = false;
    try {
      await undo.model.setWeights(undo.weights);
      if (undo.drawing !== undefined) await removeDrawing(undo.drawing);
      if (undo.name === SHIPPED) {
        const corrected = current.name;
        current.renamed(SHIPPED, undo.note);
        if (corrected !== SHIPPED) await models.erase(corrected);
      } else {
        keepNote(undo.name, undo.note);
        current.renamed(undo.name, undo.note);
        await undo.model.save(modelUrl(undo.name));
      }
      current.changed();
      this.said = "Undone. The model answers as before the correction.";
    } catch (error) {
      this.problem = explain(error);
    }
  }
}

function describe(name: string, steps: number, probability: number, before?: number, after?: number): string {
  const learned =
    probability >= ENOUGH
      ? `Learned in ${counted(steps, "step")}: this is ${name} (${percent(probability)}).`
      : `Not quite learned after ${counted(steps, "step")}: ${name} has ${percent(probability)} now. Correct it once more.`;
  if (before === undefined || after === undefined)
    return `${learned} No rehearsal sample fits this model, so it may forget others.`;
  return `${learned} Of ${CHECKED} other digits it knows ${percent(after)}, before ${percent(before)}.`;
}

/** A corrected model is saved under its own name; the one that comes with the page stays as it is. */
async function keep(model: Model, accuracy: number | undefined): Promise<void> {
  const { name: own, shipped } = current;
  const name = shipped ? await models.saveAs(model, `${SHIPPED}, corrected`) : own;
  if (!shipped) await model.save(modelUrl(own));
  if (accuracy !== undefined) keepNote(name, { accuracy, on: `${CHECKED} rehearsal digits`, total: CHECKED });
  current.renamed(name);
  await models.refresh();
}

async function rehearsalFor(model: Model): Promise<Dataset | undefined> {
  const input = model.spec.inputs[0]?.shape.join();
  const digits = model.classNames.length === 10 && model.classNames.every((name, i) => name === String(i));
  if (!digits) return undefined;
  const dataset = await rehearsalDigits();
  return dataset.shape.join() === input ? dataset : undefined;
}

async function rightShare(model: Model, rehearsal: Dataset): Promise<number> {
  const indices = Array.from({ length: Math.min(CHECKED, rehearsal.length) }, (_, i) => i);
  const asked = await block(rehearsal, indices);
  const { data: outputs, shape } = await model.predict({ data: asked.data, shape: asked.shape });
  const classes = shape[1] ?? 1;
  let right = 0;
  for (let i = 0; i < indices.length; i++) {
    const row = outputs.subarray(i * classes, (i + 1) * classes);
    if (row.indexOf(Math.max(...row)) === asked.labels[i]) right += 1;
  }
  return right / indices.length;
}

interface Example {
  pixels: Uint8Array;
  label: number;
}

async function earlierCorrections(model: Model): Promise<Example[]> {
  const size = model.spec.inputs[0]?.shape.reduce((product, n) => product * n, 1);
  const drawings = await drawingsOf(CORRECTIONS);
  return drawings
    .map(({ pixels, label }) => ({ pixels, label: model.classNames.indexOf(label) }))
    .filter(({ pixels, label }) => label >= 0 && pixels.length === size)
    .slice(-EARLIER);
}

/** One batch: the drawing, earlier corrections, and rehearsal that changes with each step. */
async function mix(
  prepared: { data: Uint8Array | Float32Array; shape: number[] },
  label: number,
  earlier: readonly Example[],
  rehearsal: Dataset | undefined,
  step: number,
): Promise<Block> {
  const size = prepared.data.length;
  const own: Example[] = Array.from({ length: COPIES }, () => ({
    pixels: prepared.data as Uint8Array,
    label,
  }));
  const fixed = [...own, ...earlier];
  // The digits that are checked afterwards are not the ones that are trained on.
  const others = (rehearsal?.length ?? 0) - CHECKED;
  const rehearsed = others > 0 ? REHEARSED : 0;
  const indices = Array.from({ length: rehearsed }, (_, i) => CHECKED + ((step * REHEARSED + i) % others));
  const more = rehearsal && rehearsed > 0 ? await block(rehearsal, indices) : undefined;
  const total = fixed.length + rehearsed;
  const data =
    prepared.data instanceof Uint8Array ? new Uint8Array(total * size) : new Float32Array(total * size);
  const labels = new Uint32Array(total);
  fixed.forEach((example, i) => {
    data.set(example.pixels, i * size);
    labels[i] = example.label;
  });
  if (more) {
    data.set(more.data, fixed.length * size);
    labels.set(more.labels, fixed.length);
  }
  return { data, shape: [total, ...prepared.shape], labels };
}
