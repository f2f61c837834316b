import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB, type StoreNames } from "idb";
import type { FilesOptions } from "tabgrad";
import type { Refinement } from "../data/refinement";
import type { Stroke } from "../draw/ink";

/** A drawing with its class, as it was made and as the model sees it. */
export interface StoredDrawing {
  id: number;
  /** The set of drawings it belongs to. */
  set: string;
  label: string;
  strokes: Stroke[];
  /** Prepared bytes, row by row, and their [height, width, channels]. */
  pixels: Uint8Array;
  shape: number[];
  at: number;
}

/** What someone chose about how files become samples. */
export type Choices = Pick<FilesOptions, "target" | "ignore" | "task" | "group"> & {
  /** Whether texts of classes are their words in order, and not how often each occurs. */
  inOrder?: boolean;
};

/** The text that the Write place learns from. There is one at most. */
export interface StoredText {
  id: "chosen";
  name: string;
  text: string;
}

/** A dataset the user added, as the files it came from. */
export interface StoredFiles {
  id: string;
  name: string;
  choices?: Choices;
  files: { path: string; blob: Blob }[];
}

interface PageDb extends DBSchema {
  drawings: { key: number; value: StoredDrawing; indexes: { set: string } };
  files: { key: string; value: StoredFiles };
  /** What was decided about a dataset, by the dataset's id. */
  refinements: { key: string; value: Refinement & { id: string } };
  texts: { key: string; value: StoredText };
}

/** Milliseconds in which tabs of an older version can let go of it. */
const PATIENCE = 3000;

interface Opening {
  database: Promise<IDBPDatabase<PageDb>>;
  /** Rejects where other tabs do not let go of an older version. No other request would get past this one. */
  blocked: Promise<never>;
}

let opening: Opening | undefined;

/** Drawings, added files and texts of this page; models are kept by the package. */
export function pageDb(): Promise<IDBPDatabase<PageDb>> {
  opening ??= open();
  return Promise.race([opening.database, opening.blocked]);
}

function open(): Opening {
  let giveUp = (_: Error) => {};
  const blocked = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  const database = openDB<PageDb>("tabgrad-page", 3, {
    upgrade(db, before) {
      if (before < 1) {
        db.createObjectStore("drawings", { keyPath: "id", autoIncrement: true }).createIndex("set", "set");
        db.createObjectStore("files", { keyPath: "id" });
      }
      if (before < 2) db.createObjectStore("refinements", { keyPath: "id" });
      db.createObjectStore("texts", { keyPath: "id" });
    },
    blocked() {
      const words = "Another tab holds an older version of this page open. Close it, then reload this one.";
      setTimeout(() => giveUp(Object.assign(new Error(words), { code: "storage" })), PATIENCE);
    },
    // A page of before in another tab would keep this one waiting for ever; it opens the new one later.
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase).close();
      opening = undefined;
    },
    terminated() {
      opening = undefined;
    },
  });
  database.catch(() => {
    opening = undefined;
  });
  return { database, blocked };
}

/** A transaction that may write. */
type Writing = IDBPTransaction<PageDb, StoreNames<PageDb>[], "readwrite">;

/**
 * Writes to stores, all that `action` begins by `begin` or nothing if something of it fails. Who leaves the page
 * meanwhile has written it all the same.
 */
export async function pageWrite(
  stores: StoreNames<PageDb>[],
  durability: IDBTransactionDurability,
  action: (writing: Writing, begin: (request: Promise<unknown>) => void) => Promise<void> | void,
): Promise<void> {
  const writing = (await pageDb()).transaction(stores, "readwrite", { durability });
  const requests = [quiet(writing.done)];
  try {
    await action(writing, (request) => {
      requests.push(quiet(request));
    });
    // At once, instead of when each request was answered: nobody may be there by then.
    writing.commit();
    await Promise.all(requests);
  } catch (error) {
    try {
      writing.abort();
    } catch {
      // It has ended already.
    }
    throw error;
  }
}

/** Nobody may be waiting for it any more when it fails. */
function quiet(request: Promise<unknown>): Promise<unknown> {
  request.catch(() => {});
  return request;
}
