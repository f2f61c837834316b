import { describe, expect, it } from "vitest";
import type { Dataset, Sample } from "../types/dataset.js";
import { columnsOf, rowsOf } from "./columns.js";

const sample = (more: Partial<Sample>): Sample => ({
  data: new Float32Array(1),
  shape: [1],
  label: undefined,
  ...more,
});

/** A dataset with these steps, and a report on the columns of a table. */
function about(preprocessing: object, columns?: { name: string; use: string }[], target?: string) {
  const report = { unreadable: [], ...(columns ? { table: { columns, target } } : {}) };
  return { preprocessing, report, classNames: ["ham", "spam"] } as unknown as Dataset;
}

describe("samples as a table", () => {
  it("have the columns that are there, and none that every object has", () => {
    const names = ["a", "constructor", "__proto__", "toString"];
    const columns = names.map((name) => ({ name }));
    const row = JSON.parse('{"a": 1, "constructor": "c"}');
    const found = columnsOf(about({ table: { columns, target: "kind" } }), sample({ row, label: 0 }));
    expect(found?.inputs).toEqual(["a", "constructor"]);
    expect(found && rowsOf(found, [sample({ row, label: 0 })]).cells).toEqual(["1", "c", "ham"]);
  });

  it("are the rows that they were made of, without what is no number of them", () => {
    const table = { columns: [{ name: "b" }, { name: "ids" }, { name: "a" }], target: "kind" };
    const row = { a: null, b: true };
    const columns = columnsOf(about({ table }), sample({ row, label: 1 }));
    expect(columns?.names).toEqual(["b", "a", "kind"]);
    const rows = [sample({ row, label: 1 }), sample({ row: { a: 0.1, b: "x, y" }, label: 0 })];
    expect(columns && rowsOf(columns, rows)).toEqual({
      cells: ["true", "", "spam", "x, y", "0.1", "ham"],
      numbers: undefined,
    });
  });

  it("have numbers to be answered in the last column", () => {
    const table = { columns: [{ name: "a" }], target: "price" };
    const first = sample({ row: { a: 1 }, target: [0.5] });
    const columns = columnsOf(about({ table }), first);
    expect(columns?.names).toEqual(["a", "price"]);
    const found = columns && rowsOf(columns, [first, sample({ row: { a: 2 }, target: [0.25] })]);
    expect(found).toEqual({ cells: ["1", "2"], numbers: Float32Array.of(0.5, 0.25) });
  });

  it("are texts where these came as rows, or have numbers", () => {
    const columns = [
      { name: "message", use: "input" },
      { name: "v1", use: "target" },
    ];
    const text = sample({ text: "Hello", tokens: "hello", label: 0 });
    const found = columnsOf(about({ text: {} }, columns, "v1"), text);
    expect(found?.names).toEqual(["message", "v1"]);
    expect(found && rowsOf(found, [text]).cells).toEqual(["Hello", "ham"]);
    expect(columnsOf(about({ text: {} }), sample({ text: "Hello", target: [3] }))?.names).toEqual([
      "text",
      "target",
    ]);
    expect(columnsOf(about({ text: {} }), text, { text: "m", target: "k" })?.names).toEqual(["m", "k"]);
  });

  it("are none where nothing says columns, or one alone", () => {
    expect(columnsOf(about({}), sample({ label: 1 }))).toBeUndefined();
    expect(columnsOf(about({ text: {} }), sample({ text: "Hello", label: 0 }))).toBeUndefined();
    const table = { columns: [{ name: "a" }] };
    expect(columnsOf(about({ table }), sample({ row: { a: 1 } }))).toBeUndefined();
    expect(columnsOf(about({ table }), sample({ row: { a: 1 }, target: [1, 2] }))).toBeUndefined();
  });
});
