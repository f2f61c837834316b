/** The right to train a kept run, which one `fit` has at a time. */
import { TabgradError } from "../../errors.js";
import { placeOfOthers } from "../store/runs.js";

/** Milliseconds in which a tab that has just ended lets go of its runs. */
const PATIENCE = 2000;

/** Lets go. */
type Release = () => void;

/** Who has a run. */
interface Holder {
  /** To be called when another takes it. */
  lose(): void;
  gone: Promise<void>;
}

/** Who has which run in this process, where there are no locks. */
const holders = new Map<string, Holder>();

/**
 * Waits for the lock of a run, a moment only. `onLost` is told if another takes it. Where there are no locks (Node
 * 20, pages without a secure context) it holds within this worker, and only the store sees to it that one writes at
 * a time.
 */
export async function lockRun(name: string, takeOver: boolean, onLost: () => void): Promise<Release> {
  const release = await taken(name, takeOver, onLost);
  if (release) return release;
  throw new TabgradError(
    "busy",
    `The run "${name}" is being trained ${placeOfOthers(name)}, or by another fit here. Stop it there, or take it over by backup: { takeOver: true }.`,
  );
}

/** Removes a run that nobody trains, and lets nobody begin meanwhile. */
export async function removeFree(name: string, remove: () => Promise<void>): Promise<void> {
  const release = await taken(name, false, () => {});
  if (!release) {
    throw new TabgradError(
      "busy",
      `The run "${name}" is being trained, here or ${placeOfOthers(name)}. Stop it there before it is removed.`,
    );
  }
  try {
    await remove();
  } finally {
    release();
  }
}

/** How to let go of a run; nothing if somebody else has it. */
function taken(name: string, takeOver: boolean, onLost: () => void): Promise<Release | undefined> {
  const locks = globalThis.navigator?.locks;
  return locks ? takenFrom(locks, name, takeOver, onLost) : takenHere(name, takeOver, onLost);
}

async function takenFrom(
  locks: LockManager,
  name: string,
  takeOver: boolean,
  onLost: () => void,
): Promise<Release | undefined> {
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
      if (kind === "AbortError" || kind === "TimeoutError") resolve(undefined);
      // Refused, as storage is in some private windows: then nothing is kept that two could write.
      else if (kind === "SecurityError") resolve(() => {});
      else reject(error);
    });
  });
}

async function takenHere(name: string, takeOver: boolean, onLost: () => void): Promise<Release | undefined> {
  const until = performance.now() + PATIENCE;
  for (let holder = holders.get(name); holder; holder = holders.get(name)) {
    if (takeOver) {
      holders.delete(name);
      holder.lose();
    } else if (!(await isGone(holder, until))) {
      return undefined;
    }
  }
  let go: Release = () => {};
  const gone = new Promise<void>((resolve) => {
    go = resolve;
  });
  const own = { lose: onLost, gone };
  holders.set(name, own);
  return () => {
    if (holders.get(name) === own) holders.delete(name);
    go();
  };
}

/** Whether somebody lets go until then. */
async function isGone({ gone }: Holder, until: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), until - performance.now());
  });
  const result = await Promise.race([gone.then(() => true), late]);
  clearTimeout(timer);
  return result;
}
