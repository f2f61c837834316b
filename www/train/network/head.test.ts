import { expect, it } from "vitest";
import { head, refit } from "./head";

const conv = { type: "conv2d", filters: 8 };
const softmax = { type: "activation", activation: "softmax" };
const toPrice = { mean: 200, deviation: 50 };
const price = { type: "rescaling", scale: 50, offset: 200 };

it("ends in probabilities, or in the unit of the numbers", () => {
  expect(head({ classes: 3 })).toEqual([{ type: "dense", units: 3 }, softmax]);
  expect(head(toPrice, { biasInitializer: "ones" })).toEqual([
    { type: "dense", units: 1, biasInitializer: "ones" },
    price,
  ]);
});

it("gives a network the end for another answer", () => {
  const classes = [conv, { type: "dense", units: 9, activation: "relu" }, ...head({ classes: 3 })];
  const numbers = [...classes.slice(0, 2), ...head(toPrice)];
  expect(refit(classes, toPrice)).toEqual(numbers);
  expect(refit(numbers, { classes: 3 })).toEqual(classes);
  expect(refit(numbers, { mean: 1, deviation: 2 }).at(-1)).toEqual({
    type: "rescaling",
    scale: 2,
    offset: 1,
  });
});

it("keeps what someone built otherwise", () => {
  expect(refit([conv], toPrice)).toEqual([conv]);
  const bare = [
    { type: "dense", units: 2, activation: "softmax" },
    { type: "dropout", rate: 0.1 },
  ];
  expect(refit(bare, { classes: 4 })).toEqual([{ ...bare[0], units: 4 }, bare[1]]);
  expect(refit([{ type: "dense", units: 1 }], toPrice)).toEqual(head(toPrice));
});
