import type { Model } from "tabgrad";
import { expect, it } from "vitest";
import { asksAbout, fieldsOf, rowOf } from "./asking";

const model = {
  preprocessing: {
    numeric: [],
    table: {
      target: "price",
      columns: [
        { type: "number", name: "rooms", fitted: { fill: 3.25119, center: 0, spread: 1 } },
        { type: "boolean", name: "lake", fitted: { fill: 1, center: 0, spread: 1 } },
        { type: "category", name: "town", categories: ["Bonn", "Oslo"] },
        { type: "date", name: "built", fitted: { fill: 86_400_000, parts: [] } },
        { type: "text", name: "offer" },
      ],
    },
  },
} as unknown as Model;

it("asks about rows by the columns of the table, beginning with what is usual", () => {
  expect(asksAbout(model)).toBe("rows");
  const fields = fieldsOf(model);
  expect(fields.map(({ name, usual }) => [name, usual])).toEqual([
    ["rooms", "3.251"],
    ["lake", "true"],
    ["town", "Bonn"],
    ["built", "1970-01-02"],
    ["offer", ""],
  ]);
  expect(
    rowOf(fields, new Map(Object.entries({ rooms: " 4 ", lake: "false", town: "", offer: "by the lake" }))),
  ).toEqual({
    rooms: "4",
    lake: false,
    town: null,
    built: null,
    offer: "by the lake",
  });
});

it("takes columns for what they are called, whatever that is", () => {
  const fields = ["__proto__", "constructor", "toString"].map((name) => ({
    name,
    kind: "text" as const,
    choices: [],
    usual: "",
  }));
  const row = rowOf(fields, new Map([["__proto__", "a"]]));
  expect(Object.entries(row)).toEqual([
    ["__proto__", "a"],
    ["constructor", null],
    ["toString", null],
  ]);
  expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
});

it("knows models of texts, of sounds and of pictures", () => {
  const of = (preprocessing: unknown) => asksAbout({ preprocessing } as Model);
  expect([of({ text: {} }), of({ audio: {} }), of({ image: [] }), of(undefined)]).toEqual([
    "texts",
    "sounds",
    undefined,
    undefined,
  ]);
});
