import * as tabgrad from "tabgrad";
import { example, unpack } from "./example.js";

globalThis.tabgrad = tabgrad;

/** The first digit of the test set, drawn large on a canvas. */
function drawn(pixels) {
  const small = new OffscreenCanvas(28, 28);
  const image = new ImageData(28, 28);
  for (let i = 0; i < 784; i += 1) image.data.set([pixels[i], pixels[i], pixels[i], 255], i * 4);
  small.getContext("2d").putImageData(image, 0, 0);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 280;
  canvas.getContext("2d").drawImage(small, 0, 0, 280, 280);
  return canvas;
}

globalThis.digits = async () => unpack(new Uint8Array(await (await fetch("./digits.bin")).arrayBuffer()));

globalThis.run = async () => {
  const digits = await globalThis.digits();
  return example(digits, "indexeddb://digits", drawn(digits.testPixels));
};
