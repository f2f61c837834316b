import { expect, it } from "vitest";
import { type Rgb, textOn, viridis } from "./colors";

function luminance([r, g, b]: Rgb): number {
  const channel = (v: number) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
}

it("viridis grows lighter all the way", () => {
  const values = Array.from({ length: 101 }, (_, i) => luminance(viridis(i / 100)));
  for (let i = 1; i < values.length; i++) expect(values[i]).toBeGreaterThan(values[i - 1] as number);
});

it("text on every colour of the map has a contrast of at least 4.5", () => {
  for (let i = 0; i <= 100; i++) {
    const color = viridis(i / 100);
    const back = luminance(color) + 0.05;
    const contrast = textOn(color) === "#fff" ? 1.05 / back : back / 0.05;
    expect(contrast).toBeGreaterThanOrEqual(4.5);
  }
});
