/** Saved models: list, load, copy, rename, remove. */
import { toWireBytes } from "./data/index.js";
import { reading } from "./data/reading.js";
import { call, forget, keep, newId } from "./engine.js";
import { ModelHandle } from "./model/model.js";
import type { BytesSource } from "./types/dataset.js";
import type { Model } from "./types/model.js";
import type { LoadOptions, SavedModel, StorageUsage } from "./types/storage.js";
import { absolute } from "./urls.js";

/**
 * Loads a saved model: `indexeddb://NAME`, an address, a File or Blob, bytes, in Node also a path. A
 * model saved with its optimiser goes on where it was.
 */
export async function loadModel(source: BytesSource, options: LoadOptions = {}): Promise<Model> {
  const id = newId();
  const from = toWireBytes(source);
  // The worker sends what to keep of it.
  keep(id, {});
  try {
    const info = await call("loadModel", { id, from }, reading(options));
    return new ModelHandle(id, Promise.resolve(), info);
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

/** Room for models in this browser. */
export function storageUsage(): Promise<StorageUsage> {
  return call("storageUsage", {});
}
