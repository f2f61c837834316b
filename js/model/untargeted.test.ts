import { describe, expect, it } from "vitest";
import type { TrainerSpec } from "../types/specs.js";
import { losses } from "./compile.js";
import { layers } from "./layers.js";
import { trainedOutputs } from "./untargeted.js";

const summed = losses.ofOutput((yPred) => layers.dense({ units: 1 }).apply(yPred), { shape: [4] });
const squared = losses.custom(
  (yTrue, yPred) => layers.dense({ units: 1 }).apply(layers.subtract().apply([yTrue, yPred])),
  { shape: [4] },
);
const outputs = ["left", "middle", "right"];
const trained = (loss: unknown) => trainedOutputs({ loss } as TrainerSpec, outputs);

describe("outputs and what they are trained on", () => {
  it("are told from losses by name, in order, and for all", () => {
    expect(trained({ right: squared, middle: summed })).toEqual({
      targeted: ["right"],
      untargeted: ["middle"],
    });
    expect(trained([summed, "meanSquaredError", summed])).toEqual({
      targeted: ["middle"],
      untargeted: ["left", "right"],
    });
    expect(trained(summed)).toEqual({ targeted: [], untargeted: outputs });
    expect(trained("meanSquaredError")).toEqual({ targeted: outputs, untargeted: [] });
    expect(trained({ type: "huber", delta: 1 })).toEqual({ targeted: outputs, untargeted: [] });
  });
});
