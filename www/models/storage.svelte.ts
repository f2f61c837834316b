import { type StorageUsage, storageUsage } from "tabgrad";
import { explain } from "../shared/problem";

/** Room taken in this browser, asked for anew after each change. */
class Storage {
  usage = $state.raw<StorageUsage | undefined>();
  problem = $state("");

  get used(): number | undefined {
    return this.usage?.used ?? this.usage?.models;
  }

  async refresh(): Promise<void> {
    try {
      this.usage = await storageUsage();
      this.problem = "";
    } catch (error) {
      this.problem = explain(error);
    }
  }
}

export const storage = new Storage();
