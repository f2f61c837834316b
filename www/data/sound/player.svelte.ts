import type { Sample } from "tabgrad";
import { explain } from "../../shared/problem";
import type { Entry } from "../entry.svelte";
import { heard } from "./heard";

/** Plays samples that are sounds, one at a time. */
export class Player {
  readonly #entry: Entry;
  problem = $state("");
  #context: AudioContext | undefined;
  #playing: AudioBufferSourceNode | undefined;

  constructor(entry: Entry) {
    this.#entry = entry;
  }

  /** Must follow from what a user did, or browsers do not play it. */
  async play(number: number): Promise<void> {
    this.#context ??= new AudioContext();
    try {
      const [sample] = await this.#entry.samples([number]);
      if (sample) this.sound(sample);
    } catch (error) {
      this.problem = explain(error);
    }
  }

  sound(sample: Sample): void {
    const spec = this.#entry.train?.preprocessing.audio;
    if (!spec) return;
    this.#context ??= new AudioContext();
    const sound = heard(sample, spec);
    this.#playing?.stop();
    const buffer = this.#context.createBuffer(1, Math.max(1, sound.length), spec.sampleRate ?? 22050);
    buffer.copyToChannel(sound, 0);
    this.#playing = this.#context.createBufferSource();
    this.#playing.buffer = buffer;
    this.#playing.connect(this.#context.destination);
    this.#playing.start();
  }
}
