/** Pictures as a browser reads them. */
import { messageOf, TabgradError } from "../errors.js";
import type { WireImage } from "../protocol.js";
import type { Pixels } from "./platform.js";

/** Pixels that a picture may have, so that a small file cannot take all memory. */
const MAX_PIXELS = 2 ** 26;

/** The pixels of a picture. */
export async function decode(image: WireImage): Promise<Pixels> {
  if ("data" in image) return image;
  const bitmap = image instanceof Blob ? await open(image) : image;
  try {
    const { width, height } = bitmap;
    if (width * height > MAX_PIXELS) {
      throw new TabgradError(
        "tooLarge",
        `The picture is ${width}x${height}, expected at most ${MAX_PIXELS} pixels.`,
      );
    }
    const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    if (!context)
      throw new TabgradError("unsupported", "This browser offers no canvas in workers; hand over ImageData.");
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, width, height);
  } catch (error) {
    if (error instanceof TabgradError) throw error;
    throw new TabgradError("data", `The picture's pixels cannot be read: ${messageOf(error)}.`);
  } finally {
    bitmap.close();
  }
}

async function open(blob: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(blob);
  } catch {
    const kind = blob.type || "a file of unknown type";
    throw new TabgradError(
      "format",
      `The picture (${kind}, ${blob.size} bytes) cannot be read; expected for example PNG, JPEG or WebP.`,
    );
  }
}
