import { expect, it } from "vitest";
import { mobilenetV2 } from "./pictures.js";

it("leaves places at the end of MobileNetV2, whatever the picture", () => {
  const left = (side: number) => {
    const { nodes } = mobilenetV2({ inputShape: [side, side, 3] }).spec;
    const halvings = nodes.filter(({ layer }) => "strides" in layer && layer.strides === 2);
    return side / 2 ** halvings.length;
  };
  expect([2, 8, 24, 32, 64, 96, 224].map(left)).toEqual([2, 4, 3, 4, 4, 3, 7]);
});
