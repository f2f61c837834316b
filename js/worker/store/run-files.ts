/// <reference types="node" />
/** Runs in files of Node: PATH.0 and PATH.1 hold the last two states, PATH.owner who may write. */
import { readFile, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { deserialize, serialize } from "node:v8";
import type { KeptRun } from "../../types/storage.js";
import { checksum } from "../backup/checksum.js";
import { fileError, writeWhole } from "./files.js";
import {
  allDamaged,
  claimError,
  firstWhole,
  latestFirst,
  noRun,
  type RunSlot,
  type RunState,
  type RunStore,
  type StoredRun,
  slotOf,
  stateError,
  takenOver,
} from "./runs.js";

/** A state as it is in a file, behind the checksum of its bytes. */
interface Written {
  slot: RunSlot;
  file: Uint8Array;
}

const CHECKSUM = 16;

/** What a file may hold instead of a state. */
const DAMAGED = "damaged";

/** Both files of a run. */
type Both = [Written | typeof DAMAGED | undefined, Written | typeof DAMAGED | undefined];

/** Runs by the addresses of their files. */
export class RunFiles implements RunStore {
  /** What the files of a run hold that this one has claimed, without their contents. */
  #slots = new Map<string, [RunSlot | undefined, RunSlot | undefined]>();

  async claim(url: string, owner: string): Promise<StoredRun | undefined> {
    const path = fileURLToPath(url);
    try {
      await writeWhole(`${path}.owner`, Buffer.from(owner));
    } catch (error) {
      const known = await bothOf(path).catch(() => undefined);
      throw claimError(error, known?.map(slotIn));
    }
    const both = await bothOf(path);
    this.#slots.set(path, [slotIn(both[0]), slotIn(both[1])]);
    return whole(url, both);
  }

  async save(url: string, owner: string, file: Uint8Array, state: RunState): Promise<RunSlot> {
    const path = fileURLToPath(url);
    const found = (await contentOf(`${path}.owner`))?.toString();
    if (found !== undefined && found !== owner) throw takenOver(url);
    const slots = this.#slots.get(path) ?? [undefined, undefined];
    const [last] = latestFirst(slots);
    const slot = slotOf(last, file, [file], state);
    const at = last !== undefined && last === slots[0] ? 1 : 0;
    const content = contentFor({ slot, file });
    await writeWhole(`${path}.${at}`, Buffer.concat([Buffer.from(checksum(content)), content]));
    slots[at] = slot;
    this.#slots.set(path, slots);
    return slot;
  }

  async load(url: string): Promise<StoredRun> {
    const run = await whole(url, await bothOf(fileURLToPath(url)));
    if (!run) throw noRun(url, []);
    return run;
  }

  async list(): Promise<KeptRun[]> {
    return [];
  }

  async remove(url: string): Promise<void> {
    const path = fileURLToPath(url);
    if ((await bothOf(path)).every((written) => written === undefined)) throw noRun(url, []);
    for (const end of ["0", "1", "owner"]) await rm(`${path}.${end}`, { force: true });
  }
}

/** The later state that is whole. */
async function whole(url: string, both: Both): Promise<StoredRun | undefined> {
  const found = both.filter((written) => written !== undefined && written !== DAMAGED);
  const slots = latestFirst(found.map(({ slot }) => slot));
  const run = await firstWhole(url, slots, async (slot) => [
    found.find((written) => written.slot === slot)?.file,
  ]);
  if (!both.includes(DAMAGED)) return run;
  if (!run) throw allDamaged(url);
  return { ...run, damaged: "One of its two states is damaged." };
}

async function bothOf(path: string): Promise<Both> {
  return Promise.all([writtenIn(`${path}.0`), writtenIn(`${path}.1`)]);
}

function slotIn(written: Both[0]): RunSlot | undefined {
  return written === DAMAGED ? undefined : written?.slot;
}

function contentFor(written: Written): Buffer {
  try {
    return serialize(written);
  } catch (error) {
    throw stateError(error, written.slot.state, serialize);
  }
}

/** What a file holds; nothing if it is not there. */
async function writtenIn(path: string): Promise<Both[0]> {
  const content = await contentOf(path);
  if (!content) return undefined;
  const body = content.subarray(CHECKSUM);
  if (content.subarray(0, CHECKSUM).toString() !== checksum(body)) return DAMAGED;
  return deserialize(body) as Written;
}

async function contentOf(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw fileError(path, "read", error);
  }
}
