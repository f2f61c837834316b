/** The right to train a kept run, which one tab has at a time. */
import { TabgradError } from "../../errors.js";

/** Milliseconds in which a tab that has just ended lets go of its runs. */
const PATIENCE = 2000;

/** Lets go. */
type Release = () => void;

/**
 * Waits for the lock of a run, a moment only. `onLost` is told if another tab takes it. Where there are no locks
 * (Node 20, pages without a secure context) only the store sees to it that one writes at a time.
 */
export async function lockRun(name: string, takeOver: boolean, onLost: () => void): Promise<Release> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return () => {};
  const wanted: LockOptions = takeOver ? { steal: true } : { signal: AbortSignal.timeout(PATIENCE) };
  return new Promise((resolve, reject) => {
    let had = false;
    const held = locks.request(`tabgrad run ${name}`, wanted, () => {
      had = true;
      return new Promise<void>((release) => resolve(release));
    });
    held.catch((error) => {
      if (had) return onLost();
      const { name: kind } = error as Error;
      if (kind === "AbortError" || kind === "TimeoutError") reject(trainedElsewhere(name));
      // Refused, as storage is in some private windows: then nothing is kept that two could write.
      else if (kind === "SecurityError") resolve(() => {});
      else reject(error);
    });
  });
}

function trainedElsewhere(name: string): TabgradError {
  return new TabgradError(
    "busy",
    `The run "${name}" is being trained in another tab, or another fit of this one. Stop it there, or take it over by backup: { takeOver: true }.`,
  );
}
