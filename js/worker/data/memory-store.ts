/** Where nothing can be kept: datasets in memory, without names. */
import { TabgradError } from "../../errors.js";
import { MemoryFile } from "../bytes/source.js";
import type { DatasetStore } from "./platform.js";

/** A store that holds no more than what is being imported. */
export const memoryStore: DatasetStore = {
  storage: "memory",
  list: async () => [],
  create: async () => ({ folder: "", info: undefined }),
  open: async () => new MemoryFile(),
  describe: async ({ info }) => {
    if (info?.name) throw new TabgradError("storage", "Datasets cannot be kept here.");
  },
  remove: async () => {},
  place: (_, sink) => ({ kind: "blob", blob: (sink as MemoryFile).blob() }),
};
