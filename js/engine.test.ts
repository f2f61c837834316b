import { afterEach, beforeEach, describe, expect, it, type Mock, vi } from "vitest";
import type { WorkerHandle, WorkerListener } from "./platform/platform.js";
import type { FromWorker, ToWorker } from "./protocol.js";

/** A worker that answers as the test says. */
class FakeWorker implements WorkerHandle {
  sent: ToWorker[] = [];
  terminated = false;
  alive = true;
  listener: WorkerListener;
  #starts: boolean;

  constructor(listener: WorkerListener, starts: boolean) {
    this.listener = listener;
    this.#starts = starts;
  }

  post(message: ToWorker) {
    this.sent.push(message);
    if (message.type === "start" && this.#starts) this.say({ type: "ready" });
  }
  terminate() {
    this.terminated = true;
  }
  keepAlive(on: boolean) {
    this.alive = on;
  }
  say(message: FromWorker) {
    queueMicrotask(() => this.listener.onMessage(message));
  }
  calls(method: string) {
    return this.sent.flatMap((message) =>
      message.type === "call" && message.method === method ? [message] : [],
    );
  }
}

let workers: FakeWorker[];
/** Whether new workers start. */
let starts: boolean;
/** What compiles in the page's place. */
let compile: Mock<(url: string) => Promise<WebAssembly.Module>>;
let engine: typeof import("./engine.js");

beforeEach(async () => {
  vi.resetModules();
  workers = [];
  starts = true;
  compile = vi.fn(() => Promise.reject(new Error("no such file")));
  const { usePlatform } = await import("./platform/platform.js");
  const url = (file: string) => () => new URL(`http://localhost/${file}`);
  usePlatform({
    workerUrl: url("worker.js"),
    workerRestUrl: url("worker-rest.js"),
    wasmUrls: () => ({
      baseline: { first: url("tabgrad_bg.wasm")(), rest: url("tabgrad_rest.wasm")() },
      relaxed: { first: url("tabgrad_relaxed_bg.wasm")(), rest: url("tabgrad_relaxed_rest.wasm")() },
    }),
    dataUrls: () => ({ worker: url("data.js")(), wasm: url("tabgrad_data_bg.wasm")() }),
    compile: (url) => compile(url),
    resolve: (text) => new URL(text, "http://localhost/"),
    askToPersist: async () => {},
    startWorker(_, listener) {
      const worker = new FakeWorker(listener, starts);
      workers.push(worker);
      return worker;
    },
  });
  engine = await import("./engine.js");
});
afterEach(() => vi.useRealTimers());

const [spec, file] = [{ seed: 1, inputs: [], nodes: [], outputs: [] }, Uint8Array.of(1, 2)];

/** The worker that is there once the call has been sent. */
async function worker(number: number, method: string): Promise<FakeWorker> {
  return vi.waitFor(() => {
    const found = workers[number];
    if (!found || found.calls(method).length === 0) throw new Error("not yet");
    return found;
  });
}

describe("the engine", () => {
  it("starts one worker at the first call and lets Node end when nothing is pending", async () => {
    const first = engine.call("listModels", {});
    const started = await worker(0, "listModels");
    expect(started.alive).toBe(true);
    started.say({ type: "result", id: 1, value: [] });
    expect(await first).toEqual([]);
    expect(started.alive).toBe(false);
    expect(workers).toHaveLength(1);
  });

  it("names the file that the first call wants, and compiles while the worker starts", async () => {
    const module = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    compile.mockResolvedValue(module);
    void engine.call("loadModel", { id: 1, from: { url: "http://localhost/model" } }).catch(() => {});
    const { sent } = await worker(0, "loadModel");
    expect(sent[0]).toMatchObject({ type: "start", ahead: "http://localhost/model" });
    await vi.waitFor(() =>
      expect(sent).toContainEqual({ type: "engine", url: compile.mock.calls[0]?.[0], first: module }),
    );
    expect(compile.mock.calls).toEqual([[expect.stringMatching(/^http:\/\/localhost\/tabgrad_.*bg\.wasm$/)]]);
  });

  it("leaves to the worker what the page cannot compile, and what is stored", async () => {
    void engine.call("loadModel", { id: 1, from: { url: "indexeddb://model" } }).catch(() => {});
    const { sent } = await worker(0, "loadModel");
    expect(sent[0]).toMatchObject({ type: "start", ahead: undefined });
    await vi.waitFor(() =>
      expect(sent).toContainEqual({ type: "engine", url: compile.mock.calls[0]?.[0], first: undefined }),
    );
  });

  it("sends the first call while the worker starts, but not before models have come back", async () => {
    starts = false;
    const call = engine.call("listModels", {});
    const first = await worker(0, "listModels");
    first.say({ type: "ready" });
    first.say({ type: "result", id: 1, value: [] });
    expect(await call).toEqual([]);
    engine.keep(7, { source: { spec } });
    first.listener.onFailure("out of memory");
    await vi.waitFor(() => expect(first.terminated).toBe(true));

    const again = engine.call("listModels", {});
    await vi.waitFor(() => expect(workers).toHaveLength(2));
    const second = workers[1] as FakeWorker;
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(second.calls("listModels")).toEqual([]);
    second.say({ type: "ready" });
    await worker(1, "createModel");
    second.say({ type: "result", id: 1, value: {} });
    await worker(1, "listModels");
    second.say({ type: "result", id: 2, value: [] });
    expect(await again).toEqual([]);
  });

  it("passes on an abort", async () => {
    const controller = new AbortController();
    const call = engine.call("listModels", {}, { signal: controller.signal });
    const started = await worker(0, "listModels");
    controller.abort();
    expect(started.sent).toContainEqual({ type: "abort", id: 1 });
    started.say({ type: "error", id: 1, error: { code: "aborted", message: "stopped" }, poisoned: false });
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
  });

  it("does not begin a call that is aborted already", async () => {
    await expect(engine.call("listModels", {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "aborted",
    });
    expect(workers).toHaveLength(0);
  });

  it("answers events that wait, and ends a call whose callback throws", async () => {
    const onEvent = vi.fn((event: unknown) => {
      if (event === "bad") throw new RangeError("mine");
      return "go on";
    });
    const call = engine.call("listModels", {}, { onEvent });
    const started = await worker(0, "listModels");
    started.say({ type: "event", id: 1, event: "good", waits: true });
    await vi.waitFor(() => expect(started.sent).toContainEqual({ type: "answer", id: 1, value: "go on" }));
    started.say({ type: "event", id: 1, event: "bad", waits: true });
    await expect(call).rejects.toThrow("mine");
    expect(started.sent).toContainEqual({ type: "abort", id: 1 });
  });

  it("replaces a poisoned engine: models from their snapshots, datasets from what can be read", async () => {
    const call = engine.call("predict", { id: 7, data: { x: {} }, batchSize: 1 });
    const broken = await worker(0, "predict");
    engine.keep(7, { source: { spec } });
    engine.keep(8, { source: { spec } });
    broken.say({ type: "snapshot", model: 7, file });
    broken.say({ type: "error", id: 1, error: { code: "internal", message: "unreachable" }, poisoned: true });
    await expect(call).rejects.toMatchObject({ code: "internal" });
    const rescue = await worker(0, "rescueDatasets");
    const parts = { inputs: [] };
    rescue.say({ type: "result", id: 2, value: [{ id: 3, parts }] });

    const next = engine.call("listModels", {});
    const fresh = await worker(1, "createDataset");
    expect(broken.terminated).toBe(true);
    expect(fresh.calls("createDataset")[0]?.params).toEqual({ id: 3, parts });
    fresh.say({ type: "result", id: 1, value: {} });
    await worker(1, "createModel");
    expect(fresh.calls("createModel")[0]?.params).toEqual({ id: 7, source: { file } });
    fresh.say({ type: "result", id: 2, value: {} });
    await vi.waitFor(() => expect(fresh.calls("createModel")).toHaveLength(2));
    expect(fresh.calls("createModel")[1]?.params).toEqual({ id: 8, source: { spec } });
    // A model that cannot come back does not keep the others from it.
    fresh.say({ type: "error", id: 3, error: { code: "shape", message: "no" }, poisoned: false });
    await worker(1, "listModels");
    fresh.say({ type: "result", id: 4, value: [] });
    expect(await next).toEqual([]);
  });

  it("says where the file should be if the worker cannot be loaded, and tries anew at the next call", async () => {
    starts = false;
    const call = engine.call("listModels", {});
    const expected = expect(call).rejects.toMatchObject({
      code: "wasm",
      message: expect.stringContaining("http://localhost/worker.js"),
    });
    await vi.waitFor(() => expect(workers).toHaveLength(1));
    workers[0]?.listener.onFailure("404");
    await expected;
    starts = true;
    const again = engine.call("listModels", {});
    const second = await worker(1, "listModels");
    second.say({ type: "result", id: 1, value: [] });
    expect(await again).toEqual([]);
  });

  it("ends what waits when the worker dies, and starts another", async () => {
    const call = engine.call("listModels", {});
    const first = await worker(0, "listModels");
    first.listener.onFailure("out of memory");
    await expect(call).rejects.toMatchObject({
      code: "internal",
      message: expect.stringContaining("out of memory"),
    });
    const again = engine.call("listModels", {});
    const second = await worker(1, "listModels");
    second.say({ type: "result", id: 1, value: [] });
    expect(await again).toEqual([]);
  });
});
