import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RestPlatform } from "../platform.js";
import type { Context } from "../serve.js";
import type { Session } from "../session.js";
import { runHandlers } from "./handlers.js";
import { lockRun } from "./lock.js";

beforeEach(() => {
  // As in Node 20, whose runs are this process's to lock.
  vi.stubGlobal("navigator", undefined);
  vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const url = "file:///folder/run";
const nobody = () => {};

/** How it comes out, once nobody is waited for any more. */
async function outcome<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  await vi.advanceTimersByTimeAsync(2000);
  return promise;
}

describe("a run that is trained in this process", () => {
  it("is refused to another fit", async () => {
    const release = await lockRun(url, false, nobody);
    const error = await outcome(lockRun(url, false, nobody)).catch((error) => error);
    expect(error).toMatchObject({ code: "busy", message: expect.stringContaining("trained elsewhere") });
    release();
    (await lockRun(url, false, nobody))();
  });

  it("is another's as soon as it is let go", async () => {
    const release = await lockRun(url, false, nobody);
    const next = lockRun(url, false, nobody);
    await vi.advanceTimersByTimeAsync(1000);
    release();
    (await next)();
  });

  it("can be taken over, which its fit is told of", async () => {
    const lost = vi.fn();
    const first = await lockRun(url, false, lost);
    const second = await lockRun(url, true, nobody);
    expect(lost).toHaveBeenCalledOnce();
    // Who has lost it has nothing to let go.
    first();
    await expect(outcome(lockRun(url, false, nobody))).rejects.toMatchObject({ code: "busy" });
    second();
  });

  it("is not removed", async () => {
    const remove = vi.fn(async () => {});
    const { removeRun } = runHandlers({} as Session, { runFiles: { remove } } as unknown as RestPlatform);
    const removed = async () => removeRun({ url }, {} as Context);
    const release = await lockRun(url, false, nobody);
    await expect(outcome(removed())).rejects.toMatchObject({
      code: "busy",
      message: `The run "${url}" is being trained, here or elsewhere. Stop it there before it is removed.`,
    });
    expect(remove).not.toHaveBeenCalled();
    release();
    await removed();
    expect(remove).toHaveBeenCalledWith(url);
    (await lockRun(url, false, nobody))();
  });
});
