/** The worker's models as the page's side refers to them. */
import { forget, tell } from "../engine.js";
import { TabgradError } from "../errors.js";

/** Models that the program dropped without disposing of them. */
const dropped = new FinalizationRegistry<number>((id) => {
  forget(id);
  tell("disposeModel", { id });
});

/** The number by which the worker knows a model, for as long as it has it. */
export class Reference {
  readonly #id: number;
  readonly #name: string;
  #ready: Promise<unknown>;
  #disposed = false;

  /** `ready` resolves when the worker has the model; the name is for messages. */
  constructor(id: number, name: string, ready: Promise<unknown>) {
    this.#id = id;
    this.#name = name;
    this.#ready = ready;
    // Said by the first call that uses it.
    ready.catch(() => {});
    dropped.register(this, id, this);
  }

  /** The number, once everything asked of the model before is done. */
  async id(): Promise<number> {
    if (this.#disposed)
      throw new TabgradError("disposed", `The model "${this.#name}" is used after dispose().`);
    await this.#ready;
    return this.#id;
  }

  /** Does something before everything that is asked from now on. */
  chain(action: (id: number) => Promise<unknown>): void {
    this.#ready = this.id().then(action);
    this.#ready.catch(() => {});
  }

  /** Has the worker forget the model, once everything asked of it before is done. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    dropped.unregister(this);
    forget(this.#id);
    this.#ready.then(
      () => tell("disposeModel", { id: this.#id }),
      () => {},
    );
  }
}
