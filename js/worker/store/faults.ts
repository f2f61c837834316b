/** For tests: has calls of the system fail, one at a time. */

/** How a call of IndexedDB fails: at once, or its transaction a moment later. */
export type Way = "throws" | "aborts";

/** Calls until one fails; none does while it is undefined. */
let left: number | undefined;
let fault = { name: "", way: "throws" as Way };

/** Whether the call that is made now is the one to fail. */
function isTime(): boolean {
  if (left === undefined) return false;
  left -= 1;
  return left === 0;
}

const error = () => new DOMException("injected", fault.name);

/** Has the call of this number fail, counted from now on. */
export function failAt(call: number, name: string, way: Way = "throws"): void {
  left = call;
  fault = { name, way };
}

/** Has none fail any more; says whether one has. */
export function failNoMore(): boolean {
  const failed = left !== undefined && left <= 0;
  left = undefined;
  return failed;
}

/** To be called where something else than IndexedDB may fail. */
export function mayFail(): void {
  if (isTime()) throw error();
}

/** Has every call of IndexedDB count; returns how to end that. */
export function injected(): () => void {
  const places: [object, string][] = [
    [IDBFactory.prototype, "open"],
    [IDBObjectStore.prototype, "get"],
    [IDBObjectStore.prototype, "getAll"],
    [IDBObjectStore.prototype, "getAllKeys"],
    [IDBObjectStore.prototype, "put"],
    [IDBObjectStore.prototype, "delete"],
    [IDBTransaction.prototype, "objectStore"],
    [IDBTransaction.prototype, "commit"],
    [IDBDatabase.prototype, "transaction"],
  ];
  const before = places.map(([owner, name]) => Object.getOwnPropertyDescriptor(owner, name));
  for (const [owner, name] of places) {
    const call = Reflect.get(owner, name) as (...args: unknown[]) => unknown;
    Object.defineProperty(owner, name, {
      configurable: true,
      writable: true,
      value(this: unknown, ...args: unknown[]) {
        if (!isTime()) return call.apply(this, args);
        if (fault.way === "throws") throw error();
        // As when the disk turns out to be full.
        if (name === "commit") return (this as IDBTransaction).abort();
        if (name === "open") return brokenOff(call.call(this, "broken off") as IDBOpenDBRequest);
        const result = call.apply(this, args);
        transactionOf(this, result)?.abort();
        return result;
      },
    });
  }
  return () => {
    for (const [index, [owner, name]] of places.entries())
      Object.defineProperty(owner, name, before[index] as PropertyDescriptor);
  };
}

/** A database that is not made after all, once whoever opens it has what to do when it is. */
function brokenOff(request: IDBOpenDBRequest): IDBOpenDBRequest {
  queueMicrotask(() => request.addEventListener("upgradeneeded", () => request.transaction?.abort()));
  return request;
}

function transactionOf(of: unknown, result: unknown): IDBTransaction | undefined {
  if (of instanceof IDBObjectStore) return of.transaction;
  if (of instanceof IDBTransaction) return of;
  return result instanceof IDBTransaction ? result : undefined;
}
