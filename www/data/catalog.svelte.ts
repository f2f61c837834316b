import { data, type StoredDataset } from "tabgrad";
import { CORRECTIONS } from "../draw/drawings";
import { Deletions } from "../frame/deletions.svelte";
import { storage } from "../models/storage.svelte";
import { type Choices, pageDb, pageWrite } from "../shared/page-db";
import { codeOf, explain, isAbort } from "../shared/problem";
import { remember, remembered } from "../shared/settings";
import type { Adding } from "./adding.svelte";
import { type DrawingSet, drawingSetId, drawingSource, removeSet, renameSet } from "./drawing-set";
import { Entry } from "./entry.svelte";
import { sourceOf } from "./files";
import { mnist } from "./mnist";
import { nameOf, type PathBlob } from "./sort-out";
import { storedSource } from "./stored";

/** All datasets there are, and which one the Train place uses. */
class Catalog {
  #all = $state.raw<Entry[]>([new Entry(mnist)]);
  readonly #deletions = new Deletions("dataset", "deletingData", (id) => this.#erase(id));
  /** Those that are not deleted. */
  readonly entries: readonly Entry[] = $derived(
    this.#all.filter(({ id }) => !this.#deletions.going.includes(id)),
  );
  sets = $state.raw<DrawingSet[]>([]);
  /** Imports that did not get to their end, and can go on. */
  interrupted = $state.raw<StoredDataset[]>([]);
  chosenId = $state("mnist");
  problem = $state("");
  /** What is being read from files right now. */
  adding = $state.raw<Adding[]>([]);
  #finding: Promise<void> | undefined;

  get chosen(): Entry | undefined {
    return this.entries.find((entry) => entry.id === this.chosenId) ?? this.entries[0];
  }

  has(id: string): boolean {
    return this.entries.some((entry) => entry.id === id);
  }

  /** What the datasets take that are kept. */
  get bytes(): number {
    return this.entries.reduce((sum, { source }) => sum + (source.bytes ?? 0), 0);
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
    this.#show(entries);
    // Who knows of them is a worker of its own, which need not start for those who have none.
    if (remembered("storedData", (value) => value === true)) await this.findStored();
  }

  /** Lists the datasets that the package keeps. */
  findStored(): Promise<void> {
    this.#finding ??= this.#try(async () => {
      const stored = await data.list();
      this.interrupted = stored.filter(({ complete }) => !complete);
      remember("storedData", stored.length > 0);
      this.#show(stored.filter(({ complete }) => complete).map((one) => new Entry(storedSource(one))));
    });
    return this.#finding;
  }

  #show(entries: readonly Entry[]): void {
    const known = new Set(this.#all.map(({ id }) => id));
    // Something may have been added while that was read.
    this.#all = [...this.#all, ...entries.filter(({ id }) => !known.has(id))];
    void this.#deletions.finish((id) => this.#all.some((entry) => entry.id === id));
  }

  choose(id: string): void {
    this.chosenId = id;
    remember("dataset", id);
  }

  /** Reads files that were chosen or dropped; kept for the next visit if there is room. */
  async add(files: PathBlob[]): Promise<void> {
    this.problem = "";
    const wanted = nameOf(files);
    await this.findStored();
    const { Adding } = await import("./adding.svelte");
    const goesOn = this.interrupted.some(({ name }) => name === wanted);
    const adding = new Adding(goesOn ? wanted : this.freeName(wanted), files);
    this.adding = [...this.adding, adding];
    try {
      await this.#add(adding);
    } catch (error) {
      // The interrupted import was one of other files: these are a dataset of their own.
      if (goesOn && codeOf(error) === "argument") await this.#addAnew(adding);
      else if (!isAbort(error)) this.problem = explain(error);
    } finally {
      this.adding = this.adding.filter((other) => other !== adding);
      await this.#findInterrupted();
      void storage.refresh();
    }
  }

  /** Reads the files of a dataset anew, by other choices: what was decided about its samples does not hold then. */
  async readAgain(entry: Entry, choices: Choices): Promise<Entry | undefined> {
    const { files } = entry;
    if (!files) return undefined;
    this.problem = "";
    const { Adding } = await import("./adding.svelte");
    const adding = new Adding(entry.name, files.all, choices, entry.source.kind === "stored");
    this.adding = [...this.adding, adding];
    try {
      const made = await this.#add(adding, entry);
      await entry.refiner.erase();
      return made;
    } catch (error) {
      if (!isAbort(error)) this.problem = explain(error);
      return undefined;
    } finally {
      this.adding = this.adding.filter((other) => other !== adding);
      void storage.refresh();
    }
  }

  addSet(set: DrawingSet): void {
    this.sets = [...this.sets, set];
    remember("drawingSets", this.sets);
    this.#all = [...this.#all, new Entry(drawingSource(set))];
  }

  /** A set got another drawing: what was read of it is old. */
  drawn(set: string): void {
    const entry = this.#all.find(({ id }) => id === drawingSetId(set));
    // Made anew, not emptied: a training may be running on what was read.
    if (entry) this.#all = this.#all.map((e) => (e === entry ? new Entry(e.source) : e));
    else this.#all = [...this.#all, new Entry(drawingSource({ name: set, classNames: [] }))];
  }

  /** Takes it from the list at once, from storage when the ten seconds for undo are over. */
  remove(entry: Entry): void {
    this.#deletions.begin(entry.id, `${entry.name} was removed.`);
    if (this.chosenId === entry.id) this.choose("mnist");
  }

  async removeInterrupted(name: string): Promise<void> {
    await this.#try(() => data.remove(name));
    await this.#findInterrupted();
  }

  /** The name must be free. */
  async rename(entry: Entry, to: string): Promise<void> {
    await this.#try(async () => {
      const { kind } = entry.source;
      if (kind === "stored") {
        await data.rename(entry.name, to);
        entry.name = to;
      } else if (kind === "files") {
        await pageWrite(["files"], "strict", async (writing, begin) => {
          const files = writing.objectStore("files");
          const stored = await files.get(entry.id);
          if (stored) begin(files.put({ ...stored, name: to }));
        });
        entry.name = to;
      } else {
        await this.#renameSet(entry, to);
      }
    });
  }

  freeName(wanted: string): string {
    const taken = new Set([...this.#all, ...this.interrupted, ...this.adding].map(({ name }) => name));
    let name = wanted;
    for (let n = 2; taken.has(name); n++) name = `${wanted} ${n}`;
    return name;
  }

  /** Reads it, in the place of another if there is one. */
  async #add(adding: Adding, instead?: Entry): Promise<Entry> {
    const parts = await adding.read();
    const stored = (await data.list()).find(({ name }) => name === adding.name);
    let entry: Entry;
    if (stored) {
      remember("storedData", true);
      entry = new Entry(storedSource(stored));
    } else {
      const { name, choices } = adding;
      const id = instead?.id ?? `files:${crypto.randomUUID()}`;
      const files = { id, name, choices, files: [...adding.files] };
      entry = new Entry(sourceOf(files));
      await this.#keep(files);
    }
    entry.files = { all: adding.files, choices: adding.choices };
    await entry.take(parts);
    const others = this.#all.filter((other) => other.id !== entry.id && other !== instead);
    this.#all = [...others, entry];
    instead?.unload();
    this.choose(entry.id);
    return entry;
  }

  async #addAnew(adding: Adding): Promise<void> {
    const { Adding } = await import("./adding.svelte");
    const anew = new Adding(this.freeName(adding.name), adding.files);
    this.adding = [...this.adding, anew];
    try {
      await this.#add(anew);
    } catch (error) {
      if (!isAbort(error)) this.problem = explain(error);
    } finally {
      this.adding = this.adding.filter((other) => other !== anew);
    }
  }

  /** The files as they are, where there is no place for datasets. */
  async #keep(stored: Parameters<typeof sourceOf>[0]): Promise<void> {
    try {
      await pageWrite(["files"], "strict", (writing, begin) =>
        begin(writing.objectStore("files").put(stored)),
      );
    } catch (error) {
      this.problem = `${stored.name} can be used until you close the page, but was not stored: ${explain(error)}`;
    }
  }

  /** A set is known by its name, so that what was decided about it moves along. */
  async #renameSet(entry: Entry, to: string): Promise<void> {
    const set = this.sets.find(({ name }) => drawingSetId(name) === entry.id);
    if (!set) return;
    await renameSet(set.name, to, await entry.refiner.taken());
    const renamed = { ...set, name: to };
    this.sets = this.sets.map((other) => (other === set ? renamed : other));
    remember("drawingSets", this.sets);
    const next = new Entry(drawingSource(renamed));
    this.#all = this.#all.map((other) => (other === entry ? next : other));
    if (this.chosenId === entry.id) this.choose(next.id);
  }

  async #erase(id: string): Promise<void> {
    const entry = this.#all.find((other) => other.id === id);
    if (!entry) return;
    entry.unload();
    await this.#try(async () => {
      const { kind } = entry.source;
      if (kind === "stored") {
        await data.remove(entry.name);
      } else if (kind === "files") {
        await pageWrite(["files"], "relaxed", (writing, begin) => {
          begin(writing.objectStore("files").delete(entry.id));
        });
      } else {
        await removeSet(entry.name);
        this.sets = this.sets.filter(({ name }) => name !== entry.name);
        remember("drawingSets", this.sets);
      }
      this.#all = this.#all.filter((other) => other !== entry);
      await entry.refiner.erase();
    });
    await storage.refresh();
  }

  async #findInterrupted(): Promise<void> {
    await this.#try(async () => {
      this.interrupted = (await data.list()).filter(({ complete }) => !complete);
    });
  }

  async #try(action: () => Promise<void>): Promise<void> {
    try {
      await action();
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
