import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, expect, it, vi } from "vitest";
import { pageDb, pageWrite, type StoredText } from "./page-db";

const text = (name: string): StoredText => ({ id: "chosen", name, text: "to be or not" });
const files = (id: string, name = id) => ({ id, name, files: [] });

beforeEach(async () => {
  await pageWrite(["texts", "files"], "relaxed", (writing, begin) => {
    begin(writing.objectStore("texts").clear());
    begin(writing.objectStore("files").clear());
    begin(writing.objectStore("files").put(files("a")));
  });
});

async function found() {
  const db = await pageDb();
  return { files: (await db.getAll("files")).map(({ name }) => name), texts: await db.getAll("texts") };
}

it("writes all of it", async () => {
  await pageWrite(["texts", "files"], "strict", async (writing, begin) => {
    const a = await writing.objectStore("files").get("a");
    if (a) begin(writing.objectStore("files").put({ ...a, name: "b" }));
    begin(writing.objectStore("texts").put(text("Hamlet")));
  });
  expect(await found()).toEqual({ files: ["b"], texts: [text("Hamlet")] });
});

it("writes nothing where a part is refused at once", async () => {
  const write = pageWrite(["texts", "files"], "relaxed", (writing, begin) => {
    begin(writing.objectStore("files").put(files("a", "b")));
    // As where there is no memory for a copy.
    begin(writing.objectStore("texts").put({ ...text("Hamlet"), text: (() => {}) as never }));
  });
  await expect(write).rejects.toMatchObject({ name: "DataCloneError" });
  expect(await found()).toEqual({ files: ["a"], texts: [] });
});

it("writes nothing where a part is refused later", async () => {
  const write = pageWrite(["texts", "files"], "relaxed", (writing, begin) => {
    begin(writing.objectStore("texts").put(text("Hamlet")));
    begin(writing.objectStore("files").add(files("a", "b")));
  });
  await expect(write).rejects.toMatchObject({ name: "ConstraintError" });
  expect(await found()).toEqual({ files: ["a"], texts: [] });
});

it("does not wait for ever for a tab that holds an older version open", async () => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.resetModules();
  const held = await new Promise<IDBDatabase>((resolve) => {
    const opening = indexedDB.open("tabgrad-page", 1);
    opening.onsuccess = () => resolve(opening.result);
  });
  const { pageDb } = await import("./page-db");
  const refused = { code: "storage", message: expect.stringMatching(/older version .* Close it/) };
  for (const _ of [1, 2]) await expect(pageDb()).rejects.toMatchObject(refused);
  held.close();
  expect((await vi.waitFor(pageDb)).version).toBe(3);
  vi.unstubAllGlobals();
});
