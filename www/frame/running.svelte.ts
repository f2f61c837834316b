import type { Place } from "./router.svelte";

/** A training as the frame shows it from every place. */
export interface Training {
  /** From its start to its end, pauses included. */
  readonly busy: boolean;
  readonly state: string;
  /** What it does, where that is something else than to train: "Testing". */
  readonly activity?: string;
  /** Of the model. */
  readonly name: string;
  /** Where it is seen whole. */
  readonly place: Place;
  /** How much of it is done. */
  readonly share: number;
  /** With its unit: "41,200 images/s". */
  readonly speed: string;
  readonly secondsLeft: number;
  /** What is being done instead of training, in words. */
  readonly doing: string;
  /** What is over in seconds cannot be held. */
  pause?(): Promise<void>;
  resume?(): Promise<void>;
}

/** The trainings that this page can do. One at a time: two would share the cores, and both be slow. */
class Running {
  #all = $state.raw<readonly Training[]>([]);

  add(training: Training): void {
    this.#all = [...this.#all, training];
  }

  get now(): Training | undefined {
    return this.#all.find(({ busy }) => busy);
  }

  /** Why this one cannot begin, in words; empty if nothing else is being trained. */
  refusal(asked: Training): string {
    const { now } = this;
    if (!now || now === asked) return "";
    const what = now.activity ? `${now.activity} ${now.name} is under way` : `${now.name} is being trained`;
    return `${what}. Wait for its end, or stop it first.`;
  }
}

export const running = new Running();
