import { describe, expect, it } from "vitest";
import { TabgradError } from "../errors.js";
import type { FromWorker } from "../wire.js";
import { type Answers, Server } from "./serve.js";

interface Methods {
  double(params: { value: number }): number;
}

/** A server whose start ends when the test says so, and what it has told. */
function starting() {
  const told: FromWorker[] = [];
  let end!: { resolve(answers: Answers<Methods>): void; reject(error: Error): void };
  const started = new Promise<Answers<Methods>>((resolve, reject) => {
    end = { resolve, reject };
  });
  const port = { post: (message: FromWorker) => told.push(message) };
  const server = new Server<object, Methods>(port, () => started, { module: "It", loss: "Nothing is lost." });
  return { server, told, end };
}

const call = { type: "call", id: 1, method: "double", params: { value: 4 } } as const;

describe("a server", () => {
  it("answers calls that came before it was there, after saying that it is", async () => {
    const { server, told, end } = starting();
    void server.receive({ type: "start" });
    const answered = server.receive(call);
    await Promise.resolve();
    expect(told).toEqual([]);
    end.resolve({ handlers: { double: ({ value }) => 2 * value }, refusedBytes: () => 0 });
    await answered;
    expect(told).toEqual([{ type: "ready" }, { type: "result", id: 1, value: 8 }]);
  });

  it("passes on an abort that came meanwhile", async () => {
    const { server, told, end } = starting();
    void server.receive({ type: "start" });
    const answered = server.receive(call);
    void server.receive({ type: "abort", id: 1 });
    const double = (_: object, { signal }: { signal: AbortSignal }) => {
      if (signal.aborted) throw new TabgradError("aborted", "stopped");
      return 0;
    };
    end.resolve({ handlers: { double }, refusedBytes: () => 0 });
    await answered;
    expect(told[1]).toMatchObject({ type: "error", id: 1, error: { code: "aborted" }, poisoned: false });
  });

  it("says first why it cannot be there", async () => {
    const { server, told, end } = starting();
    void server.receive({ type: "start" });
    const answered = server.receive(call);
    end.reject(new TabgradError("wasm", "no such file"));
    await answered;
    expect(told.map(({ type }) => type)).toEqual(["refused", "error"]);
    expect(told[0]).toMatchObject({ error: { code: "wasm", message: "no such file" } });
  });
});
