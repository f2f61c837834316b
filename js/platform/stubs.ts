/** Workers whose file is on another origin. */

interface Stub {
  address: string;
  /** Workers that were started from it and have not ended. Their own workers are started from it, too. */
  workers: number;
}

const stubs = new Map<string, Stub>();

/**
 * What a worker of this file is to be started from: it must come from the page's own origin; one from elsewhere
 * (a CDN) is imported by a stub. Once the worker has ended, `endWorker` is to be called.
 */
export function workerAddress(url: URL): string {
  if (url.origin === globalThis.location.origin || url.protocol === "blob:") return url.href;
  let stub = stubs.get(url.href);
  if (stub === undefined) {
    const code = new Blob([`import ${JSON.stringify(url.href)};`], { type: "text/javascript" });
    stub = { address: URL.createObjectURL(code), workers: 0 };
    stubs.set(url.href, stub);
  }
  stub.workers += 1;
  return stub.address;
}

/** A worker of this file has ended; the last one takes the stub with it. */
export function endWorker(url: URL): void {
  const stub = stubs.get(url.href);
  if (stub === undefined) return;
  stub.workers -= 1;
  if (stub.workers > 0) return;
  URL.revokeObjectURL(stub.address);
  stubs.delete(url.href);
}
