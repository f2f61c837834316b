/** Files that tests of datasets import, made in the page. */
import type { Page } from "@playwright/test";

declare global {
  /** Files of one IDX pair: images of noise and labels, as many as asked for. */
  var idxFiles: (samples: number, side: number) => { path: string; file: Blob }[];
  /** Pictures in two folders. */
  var pictures: (count: number, side: number) => Promise<{ path: string; file: Blob }[]>;
}

/** Gives a page what the tests make files with. */
export async function prepare(page: Page): Promise<void> {
  await page.evaluate(() => {
    const idx = (shape: number[], fill: (i: number) => number) => {
      const head = new DataView(new ArrayBuffer(4 + 4 * shape.length));
      head.setUint32(0, 0x0800 + shape.length);
      for (const [i, size] of shape.entries()) head.setUint32(4 + 4 * i, size);
      const values = new Uint8Array(shape.reduce((all, size) => all * size, 1));
      for (let i = 0; i < values.length; i += 1) values[i] = fill(i);
      return new Blob([head, values]);
    };
    globalThis.idxFiles = (samples, side) => [
      { path: "images", file: idx([samples, side, side], (i) => (Math.imul(i, 2654435761) >>> 24) & 255) },
      { path: "labels", file: idx([samples], (i) => i % 3) },
    ];
    globalThis.pictures = async (count, side) => {
      const files = [];
      for (let i = 0; i < count; i += 1) {
        const canvas = new OffscreenCanvas(side, side);
        const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
        context.fillStyle = `rgb(${(i * 37) % 256}, ${i % 256}, ${(i * 11) % 256})`;
        context.fillRect(0, 0, side, side);
        files.push({
          path: `set/${i % 2 === 0 ? "even" : "odd"}/${i}.png`,
          file: await canvas.convertToBlob(),
        });
      }
      return files;
    };
  });
}
