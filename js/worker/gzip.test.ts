import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { TabgradError } from "../errors.js";
import { gunzipped } from "./gzip.js";

const plain = Uint8Array.from({ length: 5000 }, (_, index) => index % 251);

/** A file in parts of so many bytes. */
async function* inParts(file: Uint8Array, size = 700): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.length; at += size) yield file.subarray(at, at + size);
}

const joined = (parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

describe("gunzipped", () => {
  it("unpacks", async () => {
    expect(joined(await gunzipped(inParts(gzipSync(plain), 50)))).toEqual(plain);
  });

  it("leaves alone what is not packed", async () => {
    expect(joined(await gunzipped(inParts(plain)))).toEqual(plain);
    expect(await gunzipped(inParts(new Uint8Array()))).toEqual([new Uint8Array()]);
  });

  it("says that a file is cut off", async () => {
    const cut = new Uint8Array(gzipSync(plain)).slice(0, 100);
    await expect(gunzipped(inParts(cut))).rejects.toMatchObject({
      code: "format",
      message: expect.stringContaining("damaged or cut off"),
    });
  });

  it("passes on why there are no more parts", async () => {
    const network = new TabgradError("network", "gone");
    const broken = async function* () {
      yield gzipSync(plain).subarray(0, 30);
      throw network;
    };
    await expect(gunzipped(broken())).rejects.toBe(network);
  });

  it("stops when asked to", async () => {
    await expect(gunzipped(inParts(gzipSync(plain)), AbortSignal.abort())).rejects.toMatchObject({
      code: "aborted",
    });
  });
});
