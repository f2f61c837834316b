import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { gunzipped } from "./gzip.js";

const plain = Uint8Array.from({ length: 5000 }, (_, index) => index % 251);

describe("gunzipped", () => {
  it("unpacks", async () => {
    expect(await gunzipped(new Uint8Array(gzipSync(plain)))).toEqual(plain);
  });

  it("leaves alone what is not packed", async () => {
    expect(await gunzipped(plain)).toBe(plain);
  });

  it("says that a file is cut off", async () => {
    const cut = new Uint8Array(gzipSync(plain)).slice(0, 100);
    await expect(gunzipped(cut)).rejects.toMatchObject({
      code: "format",
      message: expect.stringContaining("damaged or cut off"),
    });
  });

  it("stops when asked to", async () => {
    await expect(gunzipped(new Uint8Array(gzipSync(plain)), AbortSignal.abort())).rejects.toMatchObject({
      code: "aborted",
    });
  });
});
