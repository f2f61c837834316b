/**
 * Counts what leaves the page. Resource timing lists every request the document makes;
 * request bodies are counted at the three calls that can carry one. A connection to
 * another origin cannot happen (connect-src 'self'); an attempt raises a violation.
 */
class Traffic {
  requests = $state(0);
  received = $state(0);
  elsewhere = $state(0);
  sent = $state(0);
  violations = $state(0);
  #policy: string | undefined;

  start(): void {
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#count(entry as PerformanceResourceTiming);
    });
    observer.observe({ type: "resource", buffered: true });
    document.addEventListener("securitypolicyviolation", ({ originalPolicy }) => {
      // A policy that stands in the page and in its header is violated twice at once.
      this.#policy ??= originalPolicy;
      if (originalPolicy === this.#policy) this.violations += 1;
    });
    this.#countBodies();
  }

  #count(entry: PerformanceResourceTiming): void {
    if (!/^https?:/.test(entry.name)) return;
    this.requests += 1;
    this.received += entry.encodedBodySize;
    if (new URL(entry.name).origin !== location.origin) this.elsewhere += 1;
  }

  #countBodies(): void {
    const add = (body: unknown) => {
      this.sent += bodySize(body);
    };
    const { fetch } = window;
    window.fetch = (input, init) => {
      if (init?.body) add(init.body);
      return fetch.call(window, input, init);
    };
    const { send } = XMLHttpRequest.prototype;
    XMLHttpRequest.prototype.send = function (body) {
      if (body) add(body);
      send.call(this, body);
    };
    const { sendBeacon } = navigator;
    navigator.sendBeacon = (url, data) => {
      if (data) add(data);
      return sendBeacon.call(navigator, url, data);
    };
  }
}

/** Bytes of a request body; a stream's length is not known, so it counts as one byte at least. */
function bodySize(body: unknown): number {
  if (typeof body === "string") return new TextEncoder().encode(body).length;
  if (body instanceof Blob) return body.size;
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return body.byteLength;
  if (body instanceof URLSearchParams) return body.toString().length;
  return 1;
}

export const traffic = new Traffic();
