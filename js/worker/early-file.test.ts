import { describe, expect, it } from "vitest";
import { EarlyFile } from "./early-file.js";
import type { OnProgress, WorkerPlatform } from "./platform.js";

/** A place whose only file comes when the test says so. */
function place() {
  const asked: { url: string; signal: AbortSignal; onProgress: OnProgress }[] = [];
  let come = (_: Uint8Array) => {};
  const platform = {
    read(url: string, signal: AbortSignal, onProgress: OnProgress) {
      asked.push({ url, signal, onProgress });
      return new Promise<Uint8Array>((resolve, reject) => {
        come = resolve;
        signal.addEventListener("abort", () => reject(new Error("stopped")));
      });
    },
  } as unknown as WorkerPlatform;
  return { platform, asked, come: (bytes: Uint8Array) => come(bytes) };
}

describe("an early file", () => {
  it("is asked for at once and only once", async () => {
    const { platform, asked, come } = place();
    const file = new EarlyFile("http://localhost/model", platform);
    expect(asked.map(({ url }) => url)).toEqual(["http://localhost/model"]);
    const told: number[][] = [];
    asked[0]?.onProgress(1, 3);
    const taken = file.taken(new AbortController().signal, (done, total) => told.push([done, total]));
    asked[0]?.onProgress(2, 3);
    come(Uint8Array.of(7, 8, 9));
    expect(await taken).toEqual(Uint8Array.of(7, 8, 9));
    expect(told).toEqual([
      [2, 3],
      [3, 3],
    ]);
    expect(asked).toHaveLength(1);
  });

  it("ends with the call that took it", async () => {
    const { platform, asked } = place();
    const file = new EarlyFile("http://localhost/model", platform);
    const controller = new AbortController();
    const taken = file.taken(controller.signal, () => {});
    controller.abort();
    await expect(taken).rejects.toThrow("stopped");
    expect(asked[0]?.signal.aborted).toBe(true);
    const late = new EarlyFile("http://localhost/model", platform);
    await expect(late.taken(controller.signal, () => {})).rejects.toThrow("stopped");
  });
});
