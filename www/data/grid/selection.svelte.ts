/** Which samples of a view are selected, and where the keyboard is. Positions are in the view. */
export class Selection {
  /** Grows with every change. */
  version = $state(0);
  count = $state(0);
  active = $state(0);
  #anchor = 0;
  #selected = new Set<number>();
  #view: Uint32Array;

  constructor(view: Uint32Array = new Uint32Array()) {
    this.#view = view;
  }

  has(sample: number): boolean {
    return this.#selected.has(sample);
  }

  get samples(): Uint32Array {
    return Uint32Array.from(this.#selected).sort();
  }

  /**
   * Another view: what is not in it is not selected any more. The keyboard stays where it is, also if
   * its sample went elsewhere, as when it got another class.
   */
  show(view: Uint32Array): void {
    this.#view = view;
    this.active = Math.min(this.active, Math.max(0, view.length - 1));
    this.#anchor = this.active;
    if (this.#selected.size === 0) return;
    const shown = new Set(view);
    this.#set(new Set([...this.#selected].filter((sample) => shown.has(sample))));
  }

  /** Moves the keyboard; selects nothing. */
  go(position: number): void {
    this.active = Math.max(0, Math.min(this.#view.length - 1, position));
  }

  /** This one alone. */
  only(position: number): void {
    this.go(position);
    this.#anchor = this.active;
    this.#set(new Set(this.#between(this.active, this.active)));
  }

  toggle(position: number): void {
    this.go(position);
    this.#anchor = this.active;
    const sample = this.#view[this.active];
    if (sample === undefined) return;
    const selected = new Set(this.#selected);
    if (!selected.delete(sample)) selected.add(sample);
    this.#set(selected);
  }

  /** Everything from where the selection began to here. */
  extend(position: number): void {
    this.go(position);
    this.#set(new Set(this.#between(this.#anchor, this.active)));
  }

  all(): void {
    this.#set(new Set(this.#view));
  }

  clear(): void {
    this.#set(new Set());
  }

  #between(a: number, b: number): Uint32Array {
    return this.#view.subarray(Math.min(a, b), Math.max(a, b) + 1);
  }

  #set(selected: Set<number>): void {
    this.#selected = selected;
    this.count = selected.size;
    this.version++;
  }
}
