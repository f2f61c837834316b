/** What is kept under which name. */
import { TabgradError } from "../../errors.js";
import type { DatasetStore, Info, Slot } from "./platform.js";

/** A place with what is known of it. */
export type Described = Slot & { info: Info };

/** What has a name. */
export interface Kept {
  /** A dataset that is whole. */
  whole?: Described;
  /** An import that did not get to its end; beside a whole one, what is to replace that. */
  begun?: Described;
}

/** Everything that is kept, by its name. What was replaced is removed, unless somebody still uses it. */
export async function keptIn(store: DatasetStore): Promise<Map<string, Kept>> {
  const slots = (await store.list()).filter((slot): slot is Described => slot.info !== undefined);
  const replaced = new Set(
    slots.flatMap(({ info }) => (info.complete && info.replaces ? [mark(info.name, info.replaces)] : [])),
  );
  const found = new Map<string, Kept>();
  for (const slot of slots) {
    const { name, complete } = slot.info;
    if (slot.info.replaced || replaced.has(mark(name, slot.folder))) {
      await retire(store, slot);
      continue;
    }
    const kept = found.get(name) ?? {};
    if (complete) kept.whole ??= slot;
    else kept.begun ??= slot;
    found.set(name, kept);
  }
  return found;
}

/** What is kept under this name, or an error that says which names there are. */
export async function existing(store: DatasetStore, name: string): Promise<Kept> {
  const all = await keptIn(store);
  const kept = all.get(name);
  if (kept) return kept;
  const names = Array.from(all.keys(), (known) => `"${known}"`);
  const found = names.length === 0 ? "no dataset is kept here" : `kept here are ${names.join(", ")}`;
  throw new TabgradError("notFound", `There is no dataset "${name}"; ${found}.`);
}

/** Takes the name of a dataset that was replaced, and removes it as soon as nobody uses it. */
export async function retire(store: DatasetStore, slot: Described): Promise<void> {
  try {
    if (!slot.info.replaced) await store.describe(slot, { ...slot.info, replaced: true });
    await store.remove(slot);
  } catch {
    // In use: it goes when names are looked up after that.
  }
}

function mark(name: string, folder: string): string {
  return `${folder} ${name}`;
}
