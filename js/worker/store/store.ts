/** A place for models by name. */
import type { SavedModel, StorageUsage } from "../../types/storage.js";

/** A saved model with its file. */
export interface StoredFile {
  record: SavedModel;
  file: Uint8Array;
}

/** Where models are kept by name. Each call does all or nothing. */
export interface Store {
  save(entry: StoredFile, overwrite: boolean): Promise<void>;
  load(name: string): Promise<StoredFile>;
  list(): Promise<SavedModel[]>;
  remove(name: string): Promise<void>;
  copy(from: string, to: string, move: boolean): Promise<void>;
  usage(): Promise<StorageUsage>;
}
