/** The database of this site, and what can go wrong with it. */
import {
  type DBSchema,
  type IDBPDatabase,
  type IDBPTransaction,
  openDB,
  type StoreKey,
  type StoreNames,
  type StoreValue,
} from "idb";
import { TabgradError } from "../../errors.js";
import type { SavedModel } from "../../types/storage.js";
import { storageError } from "./failures.js";
import type { RunSlot } from "./runs.js";

/** A run: who may write it, and its last two states. */
export interface StoredRunEntry {
  owner: string;
  slots: [RunSlot | undefined, RunSlot | undefined];
}

interface Schema extends DBSchema {
  models: { key: string; value: SavedModel };
  weights: { key: string; value: Uint8Array };
  /** By name. */
  runs: { key: string; value: StoredRunEntry };
  /** Parts of the files of runs, by name, slot and number. */
  runParts: { key: [string, number, number]; value: Uint8Array };
}

const NAME = "tabgrad";
/** 1: models and weights; 2: runs and runParts, too. */
const VERSION = 2;

type Connection = IDBPDatabase<Schema>;

type Names = StoreNames<Schema>;

/** A transaction that reads. */
export class Reading {
  readonly #transaction: IDBPTransaction<Schema, Names[], "readonly">;

  constructor(transaction: IDBPTransaction<Schema, Names[], "readonly">) {
    this.#transaction = transaction;
    void quiet(transaction.done);
  }

  get<S extends Names>(store: S, key: StoreKey<Schema, S>): Promise<StoreValue<Schema, S> | undefined> {
    return quiet(this.#transaction.objectStore(store).get(key));
  }

  /** The values of a store, or of a range of it, in the order of their keys. */
  all<S extends Names>(store: S, range?: IDBKeyRange): Promise<StoreValue<Schema, S>[]> {
    return quiet(this.#transaction.objectStore(store).getAll(range));
  }

  /** The keys of a store. */
  keys<S extends Names>(store: S): Promise<StoreKey<Schema, S>[]> {
    return quiet(this.#transaction.objectStore(store).getAllKeys());
  }
}

/** A transaction on its way, of which all that is written goes in or nothing does. */
export class Writing extends Reading {
  readonly #transaction: IDBPTransaction<Schema, Names[], "readwrite">;
  #requests: Promise<unknown>[] = [];

  constructor(transaction: IDBPTransaction<Schema, Names[], "readwrite">) {
    super(transaction as unknown as IDBPTransaction<Schema, Names[], "readonly">);
    this.#transaction = transaction;
  }

  put<S extends Names>(store: S, value: StoreValue<Schema, S>, key: StoreKey<Schema, S>): void {
    this.#requests.push(quiet(this.#transaction.objectStore(store).put(value, key)));
  }

  delete<S extends Names>(store: S, key: StoreKey<Schema, S> | IDBKeyRange): void {
    this.#requests.push(quiet(this.#transaction.objectStore(store).delete(key)));
  }

  /** Waits until all of it is in the store. */
  async commit(): Promise<void> {
    // At once, instead of when every request was answered: who is ended meanwhile has written it all the same.
    this.#transaction.commit();
    await Promise.all([...this.#requests, this.#transaction.done]);
  }

  /** Takes back what was written. What the browser refuses at once, as for want of memory, does not do so itself. */
  abort(): void {
    try {
      this.#transaction.abort();
    } catch {
      // It has ended already.
    }
  }
}

/** A request that nobody may be waiting for any more when it fails: its transaction was given up. */
function quiet<T>(request: Promise<T>): Promise<T> {
  request.catch(() => {});
  return request;
}

/** Milliseconds in which other tabs, which are asked to, let go of an older version. */
const PATIENCE = 3000;

/** A database that is open or on its way. One that is blocked stays so: no other request would get past it. */
interface Opening {
  answer: Promise<Connection>;
}

/** The database, opened when it is first needed and again when it was closed. */
export class Database {
  #opening: Opening | undefined;

  /** Reads stores as they are at one moment. */
  read<T>(what: string, stores: Names[], action: (reading: Reading) => Promise<T>): Promise<T> {
    return this.#run(what, (connection) => action(new Reading(connection.transaction(stores))));
  }

  /** Does something with it, `what` in words for its errors. */
  async #run<T>(what: string, action: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      try {
        return await action(await this.#opened());
      } catch (error) {
        // Closed under us, as where somebody deleted it: it can be made anew.
        if (!(error instanceof DOMException && error.name === "InvalidStateError")) throw error;
        this.#opening = undefined;
        return await action(await this.#opened());
      }
    } catch (error) {
      throw storageError(what, error);
    }
  }

  /** Writes to stores: all that `action` begins to write, or nothing if it throws. */
  write<T>(
    what: string,
    stores: Names[],
    durability: IDBTransactionDurability,
    action: (writing: Writing) => Promise<T>,
  ): Promise<T> {
    return this.#run(what, async (connection) => {
      const writing = new Writing(connection.transaction(stores, "readwrite", { durability }));
      try {
        const result = await action(writing);
        await writing.commit();
        return result;
      } catch (error) {
        writing.abort();
        throw error;
      }
    });
  }

  #opened(): Promise<Connection> {
    this.#opening ??= this.#patiently();
    return this.#opening.answer;
  }

  /** Opens it; while another tab blocks that for long, whoever waits is told so. */
  #patiently(): Opening {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let onBlocked = () => {};
    const blocked = new Promise<never>((_, reject) => {
      onBlocked = () => {
        timer = setTimeout(() => reject(blockedError()), PATIENCE);
      };
    });
    const connection = this.#open(onBlocked);
    const opening: Opening = { answer: Promise.race([connection, blocked]) };
    connection
      .finally(() => clearTimeout(timer))
      .then(
        () => {
          opening.answer = connection;
        },
        () => {
          this.#opening = undefined;
        },
      );
    return opening;
  }

  async #open(onBlocked: () => void): Promise<Connection> {
    const connection = await openDB<Schema>(NAME, VERSION, {
      upgrade(database, before, _, transaction) {
        void quiet(transaction.done);
        if (before < 1) {
          database.createObjectStore("models");
          database.createObjectStore("weights");
        }
        if (before < 2) {
          database.createObjectStore("runs");
          database.createObjectStore("runParts");
        }
      },
      blocked: onBlocked,
      // A newer version of the page wants to change the store: let it, and open anew when needed.
      blocking: () => {
        connection.close();
        this.#opening = undefined;
      },
      terminated: () => {
        this.#opening = undefined;
      },
    });
    return connection;
  }
}

function blockedError(): TabgradError {
  return new TabgradError(
    "storage",
    "Another tab holds an older version of tabgrad's database open. Close it or reload it, and try again.",
  );
}
