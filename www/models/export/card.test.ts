import type { Model, ModelReport } from "tabgrad";
import { expect, it } from "vitest";
import { type CardFacts, cardOf, text } from "./card";

const facts = (more: Partial<CardFacts> = {}): CardFacts => ({
  name: "pets",
  model: {
    spec: { inputs: [{ name: "image", shape: [32, 32, 3] }], nodes: [], outputs: ["dense"] },
    classNames: ["cat", "dog | wolf"],
    preprocessing: { image: [{ type: "grayscale" }], numeric: [{ type: "scale", factor: 1 / 255 }] },
    history: { loss: [1, 0.5] },
    compiled: undefined,
  } as unknown as Model,
  report: {
    layers: [{ name: "dense", type: "dense", outputShape: [2], parameters: 20 }],
    parameters: 20,
    multiplyAdds: 40,
  } as unknown as ModelReport,
  note: { accuracy: 0.9, on: "10 test images of pets", total: 10 },
  provenance: undefined,
  files: [{ name: "model.onnx", bytes: 2000, about: "The model." }],
  notes: [],
  made: new Date("2026-12-01T10:00:00Z"),
  ...more,
});

it("says what is known: data with licence and counts, settings, seed, date, results with their matrix", () => {
  const card = cardOf(
    facts({
      provenance: {
        data: {
          id: "x",
          name: "pets",
          about: "Pictures by A. Person (CC BY 4.0)",
          train: 90,
          test: 10,
          counts: [60, 30],
          split: "at random",
        },
        run: {
          epochs: 2,
          batchSize: 32,
          seed: 7,
          endedAt: Date.parse("2026-11-30T10:00:00Z"),
          settings: { optimizer: "adam", learningRate: 0.001, unset: undefined },
        },
        result: {
          on: "10 test images of pets",
          total: 10,
          logs: { loss: 0.25, accuracy: 0.9 },
          confusion: [
            [6, 0],
            [1, 3],
          ],
        },
      },
    }),
  );
  for (const part of [
    "Tells 2 classes of pictures apart.",
    "- Licence: CC BY 4.0",
    "- 90 samples to train on, 10 held back: at random",
    "| cat | 60 |",
    "- Ended on 2026-11-30",
    "Seed 7",
    "| learningRate | 0.001 |",
    "90% on 10 test images of pets.",
    "| loss | 0.25 |",
    "| dog \\| wolf | 1 | 3 |",
    "| dense | dense | 2 | 20 |",
    "## What it is not good for",
  ])
    expect(card).toContain(part);
  expect(card).not.toContain("unset");
});

it("says what is not known", () => {
  const card = cardOf(
    facts({
      note: undefined,
      provenance: { file: { name: "a_b.onnx", notes: ["Layer <x> was left aside."] } },
    }),
  );
  expect(card).toContain("Imported from a\\_b.onnx: what it was trained with is not known here.");
  expect(card).toContain("- Layer &lt;x&gt; was left aside.");
  expect(card).toContain("Not measured.");
});

it("leaves texts nothing but texts", () => {
  expect(text("[a](b) `c` <d>&\u202e\n# e")).toBe("\\[a\\](b) \\`c\\` &lt;d&gt;&amp; \\# e");
});
