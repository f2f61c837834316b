import { onDestroy } from "svelte";
import type { Device } from "./device.svelte";
import type { Takes } from "./takes.svelte";

/** A class that is held while a camera or a microphone records samples of it. To be made in a component. */
export class Held {
  readonly device: Device;
  readonly takes: Takes;
  /** The class that is held. */
  index = $state<number | undefined>();
  #begin: (index: number) => void;
  #end: (index: number) => void;

  /** `begin` records from when the device is on, `end` until the class is let go. */
  constructor(
    device: Device,
    takes: Takes,
    act: { begin: (index: number) => void; end: (index: number) => void },
  ) {
    this.device = device;
    this.takes = takes;
    this.#begin = act.begin;
    this.#end = act.end;
    onDestroy(() => this.leave());
  }

  async start(index: number): Promise<void> {
    this.index = index;
    this.takes.problem = "";
    if (!(await this.device.start()) || this.index !== index) return;
    this.takes.begin(index);
    this.#begin(index);
  }

  stop(): void {
    const { index } = this;
    this.index = undefined;
    if (index !== undefined) this.#end(index);
  }

  /** Nobody looks any more: the device is let go. */
  leave(): void {
    this.stop();
    this.device.stop();
  }
}
