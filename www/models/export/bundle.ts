/** A model with everything to use it without this page, as one zip. */
import { BlobReader, BlobWriter, configure, ZipWriter } from "@zip.js/zip.js/lib/zip-core-native.js";
import type { Model } from "tabgrad";
import { mnist } from "../../data/mnist";
import { codeOf, explain } from "../../shared/problem";
import { noteFromHistory, SHIPPED } from "../current.svelte";
import { noteOf } from "../notes";
import { type Provenance, provenanceOf } from "../provenance";
import { cardOf } from "./card";
import { standalone } from "./standalone";

export interface BundleOptions {
  signal: AbortSignal;
  /** Hears what is being done, and the share that is done. */
  tell(doing: string, share: number): void;
}

export interface Bundle {
  blob: Blob;
  /** What is not in it, and why. */
  notes: string[];
}

interface File {
  name: string;
  content: Blob | string;
  about: string;
}

/** predict.py, which is in one file there and in parts here. */
const parts = import.meta.glob<string>("./predict/*.py", { query: "?raw", import: "default", eager: true });
const predict = Object.keys(parts)
  .sort()
  .map((part) => parts[part])
  .join("\n\n");

// The page's policy allows no workers but its own; what is packed is small.
configure({ useWebWorkers: false });

/** Makes the zip of a model of this name. */
export async function takeAway(name: string, model: Model, { signal, tell }: BundleOptions): Promise<Bundle> {
  const notes: string[] = [];
  tell("Writing model.safetensors", 0);
  const weights = await model.export("safetensors", { signal });
  const files: File[] = [
    {
      name: "model.safetensors",
      content: weights,
      about: "The model as this page and the package tabgrad read it.",
    },
  ];
  tell("Writing model.onnx", 0.2);
  const onnx = await asOnnx(model, signal, notes);
  if (onnx) files.push(...onnx);
  tell("Writing model.html", 0.4);
  signal.throwIfAborted();
  const page = await standalone(name, model, weights, signal);
  if ("why" in page) notes.push(`model.html is not in it: ${page.why}`);
  else {
    files.push({
      name: "model.html",
      content: page.html,
      about: "A page that answers by itself: open it in a browser. It asks for nothing from anywhere.",
    });
  }
  tell("Writing the model card", 0.7);
  const card = cardOf({
    name,
    model,
    report: await model.inspect(),
    note: noteOf(name) ?? noteFromHistory(model),
    provenance: provenanceOf(name) ?? (name === SHIPPED ? SHIPPED_ORIGIN : undefined),
    files: files.map(({ name, content, about }) => ({ name, about, bytes: new Blob([content]).size })),
    notes,
    made: new Date(),
  });
  files.push({ name: "README.md", content: card, about: "" });
  tell("Packing", 0.8);
  return { blob: await zip(files, signal), notes };
}

/** The network as ONNX, doing its preparation where it can, with the program that asks it. */
async function asOnnx(model: Model, signal: AbortSignal, notes: string[]): Promise<File[] | undefined> {
  const about = "The model for onnxruntime and most other systems.";
  const script: File = {
    name: "predict.py",
    content: predict,
    about: "Asks model.onnx about files: `python predict.py --help`.",
  };
  try {
    const why = preparedOutside(model);
    if (why === undefined) {
      try {
        const content = await model.export("onnx", { includePreprocessing: true, signal });
        return [{ name: "model.onnx", content, about: `${about} It prepares its inputs itself.` }, script];
      } catch (error) {
        if (codeOf(error) !== "unsupported") throw error;
        notes.push(outside(explain(error)));
      }
    } else notes.push(outside(why));
    const content = await model.export("onnx", { signal });
    return [
      { name: "model.onnx", content, about: `${about} Its inputs are prepared by predict.py.` },
      script,
    ];
  } catch (error) {
    if (codeOf(error) !== "unsupported") throw error;
    notes.push(`model.onnx and predict.py are not in it: ${explain(error)}`);
    return undefined;
  }
}

const outside = (why: string) =>
  `The network in model.onnx does not prepare its inputs itself, predict.py does that. ${why}`;

/**
 * Steps that become operators and yet are left to the script: they look at the picture as it was before it had the
 * network's size.
 */
function preparedOutside({ preprocessing }: Model): string | undefined {
  const inverts = preprocessing?.image?.some(({ type }) => type === "invertIfDarkOnLight");
  const centred = preprocessing?.image?.some(({ type }) => type === "centerOfMass");
  return inverts && !centred
    ? "InvertIfDarkOnLight looks at the border of the picture before it has the network’s size."
    : undefined;
}

async function zip(files: readonly File[], signal: AbortSignal): Promise<Blob> {
  const writer = new ZipWriter(new BlobWriter("application/zip"), { signal });
  for (const { name, content } of files) {
    await writer.add(name, new BlobReader(new Blob([content])));
  }
  return writer.close();
}

/** Of the model that comes with the page, by examples/train_digits. */
const SHIPPED_ORIGIN: Provenance = {
  data: {
    id: mnist.id,
    name: mnist.name,
    about: mnist.about,
    train: 60_000,
    test: 10_000,
    counts: [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    split: "those to test with came with the data",
  },
};
