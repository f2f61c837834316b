import { CORRECTIONS } from "../draw/drawings";
import { notices } from "../frame/notices.svelte";
import { pageDb } from "../shared/page-db";
import { explain } from "../shared/problem";
import { remember, remembered } from "../shared/settings";
import { type DrawingSet, drawingSetId, drawingSource, removeSet } from "./drawing-set";
import { Entry } from "./entry.svelte";
import { sourceOf } from "./files";
import { mnist } from "./mnist";
import { type PathBlob, sortOut } from "./sort-out";

/** All datasets there are, and which one the Train place uses. */
class Catalog {
  entries = $state.raw<Entry[]>([new Entry(mnist)]);
  sets = $state.raw<DrawingSet[]>([]);
  chosenId = $state("mnist");
  problem = $state("");
  /** What is being read from files right now. */
  adding = $state.raw<Entry | undefined>();

  get chosen(): Entry | undefined {
    return this.entries.find((entry) => entry.id === this.chosenId) ?? this.entries[0];
  }

  /** Brings back what was added at earlier visits. */
  async start(): Promise<void> {
    this.chosenId =
      remembered("dataset", (value) => (typeof value === "string" ? value : undefined)) ?? "mnist";
    this.sets = remembered("drawingSets", asSets) ?? [];
    const entries = this.sets.map((set) => new Entry(drawingSource(set)));
    try {
      const db = await pageDb();
      const corrected = await db.countFromIndex("drawings", "set", CORRECTIONS);
      if (corrected > 0) entries.push(new Entry(drawingSource({ name: CORRECTIONS, classNames: [] })));
      for (const stored of await db.getAll("files")) entries.push(new Entry(sourceOf(stored)));
    } catch (error) {
      this.problem = explain(error);
    }
    // Something may have been added while that was read.
    const known = new Set(this.entries.map(({ id }) => id));
    this.entries = [...this.entries, ...entries.filter(({ id }) => !known.has(id))];
  }

  choose(id: string): void {
    this.chosenId = id;
    remember("dataset", id);
  }

  /** Reads files that were chosen or dropped; kept for the next visit if there is room. */
  async add(files: PathBlob[]): Promise<void> {
    this.problem = "";
    try {
      const added = sortOut(files);
      const stored = { id: `files:${crypto.randomUUID()}`, ...added, name: this.freeName(added.name) };
      const entry = new Entry(sourceOf(stored));
      this.adding = entry;
      await entry.load();
      if (entry.state === "failed") throw new Error(entry.problem);
      if (entry.state !== "ready") return;
      this.entries = [...this.entries, entry];
      this.choose(entry.id);
      await this.#keep(stored);
    } catch (error) {
      this.problem = explain(error);
    } finally {
      this.adding = undefined;
    }
  }

  addSet(set: DrawingSet): void {
    this.sets = [...this.sets, set];
    remember("drawingSets", this.sets);
    this.entries = [...this.entries, new Entry(drawingSource(set))];
  }

  /** A set got another drawing: what was read of it is old. */
  drawn(set: string): void {
    const entry = this.entries.find(({ id }) => id === drawingSetId(set));
    // Made anew, not emptied: a training may be running on what was read.
    if (entry) this.entries = this.entries.map((e) => (e === entry ? new Entry(e.source) : e));
    else this.entries = [...this.entries, new Entry(drawingSource({ name: set, classNames: [] }))];
  }

  /** Takes it from the list at once, from storage when the ten seconds for undo are over. */
  remove(entry: Entry): void {
    const before = this.entries;
    this.entries = before.filter((other) => other !== entry);
    if (this.chosenId === entry.id) this.choose("mnist");
    notices.show(
      `${entry.name} was removed.`,
      {
        label: "Undo",
        run: () => {
          this.entries = before.filter((other) => other === entry || this.entries.includes(other));
        },
      },
      () => void this.#erase(entry),
    );
  }

  freeName(wanted: string): string {
    const taken = new Set(this.entries.map(({ name }) => name));
    let name = wanted;
    for (let n = 2; taken.has(name); n++) name = `${wanted} ${n}`;
    return name;
  }

  async #keep(stored: Parameters<typeof sourceOf>[0]): Promise<void> {
    try {
      const db = await pageDb();
      await db.put("files", stored);
    } catch (error) {
      this.problem = `${stored.name} can be used until you close the page, but was not stored: ${explain(error)}`;
    }
  }

  async #erase(entry: Entry): Promise<void> {
    entry.unload();
    try {
      if (entry.source.kind === "drawings" || entry.source.kind === "pictures") {
        await removeSet(entry.name);
        this.sets = this.sets.filter(({ name }) => name !== entry.name);
        remember("drawingSets", this.sets);
      } else {
        const db = await pageDb();
        await db.delete("files", entry.id);
      }
    } catch (error) {
      this.problem = explain(error);
    }
  }
}

function asSets(value: unknown): DrawingSet[] | undefined {
  const sound = (set: DrawingSet) =>
    typeof set?.name === "string" &&
    Array.isArray(set.classNames) &&
    set.classNames.every((n) => typeof n === "string");
  return Array.isArray(value) && value.every(sound) ? (value as DrawingSet[]) : undefined;
}

export const catalog = new Catalog();
