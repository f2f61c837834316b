import { type StorageUsage, storageUsage } from "tabgrad";
import { type Problem, problemOf } from "../shared/problem";

/** Room taken in this browser, asked for anew after each change. */
class Storage {
  usage = $state.raw<StorageUsage | undefined>();
  problem = $state.raw<Problem | undefined>();
  /** Whether the browser was asked to keep all that is stored, and did not promise it. */
  refused = $state(false);

  get used(): number | undefined {
    return this.usage?.used ?? this.usage?.models;
  }

  async refresh(): Promise<void> {
    try {
      this.usage = await storageUsage();
      this.problem = undefined;
    } catch (error) {
      this.problem = problemOf(error);
    }
  }

  /** Asks the browser not to clear what is stored when the disk is short. */
  async ask(): Promise<void> {
    this.refused = !(await navigator.storage?.persist?.().catch(() => false));
    await this.refresh();
  }
}

export const storage = new Storage();
