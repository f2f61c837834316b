import { forget, namesFrom, remember, remembered } from "../shared/settings";
import { notices } from "./notices.svelte";

/** A deletion that can be undone in this tab. */
interface Pending {
  notice: number;
  /** Whether other tabs can see that it was asked for. */
  noted: boolean;
  /** No longer offers to undo it. */
  letGo: () => Promise<void>;
}

/** Milliseconds in which a tab that has just noted a deletion holds it. */
const PATIENCE = 2000;

/**
 * Things of one kind that were deleted, but can be had back for ten seconds. A tab that is closed meanwhile leaves it to
 * the next to erase them; what another tab still offers to undo is left to that.
 */
export class Deletions {
  /** What is not shown any more: it can be had back, or is being erased. */
  going = $state.raw<readonly string[]>([]);
  readonly #kind: string;
  readonly #before: string;
  readonly #erase: (id: string) => Promise<void>;
  readonly #pending = new Map<string, Pending>();

  /** `before` is where earlier versions of the page kept the list of them. */
  constructor(kind: string, before: string, erase: (id: string) => Promise<void>) {
    this.#kind = kind;
    this.#before = before;
    this.#erase = erase;
  }

  /** Takes it from what is shown, and says so. */
  begin(id: string, said: string): void {
    this.#hide([id]);
    const notice = notices.show(
      said,
      { label: "Undo", run: () => this.cancel(id) },
      () => void this.#expire(id),
    );
    // At once: who closes the page now has deleted it all the same.
    remember(this.#noteOf(id), true);
    this.#pending.set(id, { notice, noted: this.#isNoted(id), letGo: held(this.#lockOf(id)) });
  }

  /** Has it back; false if it cannot be had back here. */
  cancel(id: string): boolean {
    const pending = this.#taken(id);
    if (!pending) return false;
    notices.withdraw(pending.notice);
    forget(this.#noteOf(id));
    void pending.letGo();
    this.#show(id);
    return true;
  }

  /** Erases what was deleted in tabs that are closed, as far as it `is` there. */
  async finish(is: (id: string) => boolean = () => true): Promise<void> {
    for (const id of remembered(this.#before, asNames) ?? []) remember(this.#noteOf(id), true);
    forget(this.#before);
    const left = namesFrom(this.#noteOf("")).filter((id) => is(id) && !this.#pending.has(id));
    this.#hide(left);
    await new Promise((resolve) => setTimeout(resolve, PATIENCE));
    await Promise.all(left.map((id) => this.#end(id, () => this.#isNoted(id))));
  }

  async #expire(id: string): Promise<void> {
    const pending = this.#taken(id);
    await pending?.letGo();
    // Another tab may have offered to undo it, too, and have done so.
    await this.#end(id, () => !pending?.noted || this.#isNoted(id));
  }

  async #end(id: string, isWanted: () => boolean): Promise<void> {
    await unlessHeld(this.#lockOf(id), async () => {
      if (!isWanted()) return;
      await this.#erase(id);
      forget(this.#noteOf(id));
    });
    this.#show(id);
  }

  #taken(id: string): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #hide(ids: readonly string[]): void {
    this.going = [...this.going, ...ids];
  }

  #show(id: string): void {
    this.going = this.going.filter((other) => other !== id);
  }

  #isNoted(id: string): boolean {
    return remembered(this.#noteOf(id), (value) => value === true) ?? false;
  }

  #noteOf(id: string): string {
    return `deleting.${this.#kind}.${id}`;
  }

  #lockOf(id: string): string {
    return `tabgrad ${this.#noteOf(id)}`;
  }
}

/** Not there where the page does not come by https. */
const locks = (): LockManager | undefined => globalThis.navigator?.locks;

/** Holds a lock together with other tabs. Returns how to let go. */
function held(name: string): () => Promise<void> {
  let letGo = () => {};
  const over = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const holding = locks()?.request(name, { mode: "shared" }, () => over);
  return async () => {
    letGo();
    await holding?.catch(() => {});
  };
}

/** Does something unless a tab holds the lock. */
async function unlessHeld(name: string, action: () => Promise<void>): Promise<void> {
  if (!locks()) return action();
  await locks()?.request(name, { ifAvailable: true }, (lock) => (lock ? action() : undefined));
}

function asNames(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : undefined;
}
