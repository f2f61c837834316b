/** Saved models and kept runs: list, load, copy, rename, remove. */
import { toWireBytes } from "./data/index.js";
import { reading } from "./data/reading.js";
import { call, forget, keep, newId } from "./engine.js";
import { later } from "./later.js";
import { ModelHandle } from "./model/model.js";
import type { ModelInfo } from "./protocol.js";
import type { BytesSource, FileSource } from "./types/dataset.js";
import type { ImportModelOptions, Model } from "./types/model.js";
import type { KeptRun, LoadOptions, SavedModel, StorageUsage } from "./types/storage.js";
import { absolute } from "./urls.js";

/**
 * Loads a saved model: `indexeddb://NAME`, an address, a File or Blob, bytes, in Node also a path. A
 * model saved with its optimiser goes on where it was.
 */
export async function loadModel(source: BytesSource, options: LoadOptions = {}): Promise<Model> {
  const from = toWireBytes(source);
  return opened((id) => call("loadModel", { id, from }, reading(options)));
}

/**
 * A model that another system wrote: ONNX, Keras (`.keras`, `.h5`) or TensorFlow.js (`model.json` with its weights),
 * as files, Blobs, bytes or addresses; in Node also paths. Layers that are not known are all named in the error.
 */
export async function importModel(source: FileSource, options: ImportModelOptions = {}): Promise<Model> {
  return loadModel(await (await later()).importedFile(source, options));
}

/** A model that the worker makes under a new number. */
async function opened(make: (id: number) => Promise<ModelInfo>): Promise<Model> {
  const id = newId();
  // The worker sends what to keep of it.
  keep(id, {});
  try {
    return new ModelHandle(id, Promise.resolve(), await make(id));
  } catch (error) {
    forget(id);
    throw error;
  }
}

/** The models saved in this browser, by name. */
export function listModels(): Promise<SavedModel[]> {
  return call("listModels", {});
}

/** Deletes a saved model. */
export function removeModel(url: string): Promise<void> {
  return call("removeModel", { url: absolute(url) });
}

/** Copies a saved model, replacing one that has the new name. */
export function copyModel(from: string, to: string): Promise<void> {
  return call("copyModel", { from: absolute(from), to: absolute(to), move: false });
}

/** Renames a saved model, replacing one that has the new name. */
export function renameModel(from: string, to: string): Promise<void> {
  return call("copyModel", { from: absolute(from), to: absolute(to), move: true });
}

/** The runs that `fit`'s option `backup` keeps in this browser, by name. */
export function listRuns(): Promise<KeptRun[]> {
  return call("listRuns", {});
}

/** The model of a kept run as it was when that was kept last, with its optimiser. */
export function loadRun(url: string | URL): Promise<Model> {
  return opened((id) => call("loadRun", { id, url: absolute(url) }));
}

/** Deletes a kept run; rejects ("busy") within two seconds while it is being trained, here or in another tab. */
export function removeRun(url: string | URL): Promise<void> {
  return call("removeRun", { url: absolute(url) });
}

/** Room for models in this browser. */
export function storageUsage(): Promise<StorageUsage> {
  return call("storageUsage", {});
}
