/** Turns whatever holds a picture into something that a worker can read. */
import { messageOf, TabgradError } from "../errors.js";
import type { WireImage } from "../protocol.js";
import type { ImageSource } from "../types/tensors.js";

/** True for anything that holds one picture. */
export function isImageSource(value: unknown): value is ImageSource {
  return isPixels(value) || isBlob(value) || isDrawable(value);
}

/** The picture for the worker. Elements are captured as they are now. */
export async function toWireImage(source: ImageSource): Promise<WireImage> {
  if (isPixels(source)) {
    const { data, width, height } = source;
    if (data.length !== width * height * 4) {
      throw new TabgradError(
        "shape",
        `The image holds ${data.length} bytes, expected ${width * height * 4} (RGBA of ${width}x${height}).`,
      );
    }
    return { data: data.slice(), width, height };
  }
  if (isBlob(source)) return source;
  if (isInstance(source, "HTMLImageElement")) await decoded(source as HTMLImageElement);
  try {
    return await createImageBitmap(source as ImageBitmapSource);
  } catch (error) {
    throw new TabgradError("data", `The picture cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** What of a picture moves to the worker instead of being copied. */
export function transferOf(image: WireImage): Transferable[] {
  if (isInstance(image, "ImageBitmap")) return [image as ImageBitmap];
  return "data" in image ? [image.data.buffer as ArrayBuffer] : [];
}

async function decoded(image: HTMLImageElement): Promise<void> {
  try {
    await image.decode();
  } catch (error) {
    throw new TabgradError("data", `The image ${image.currentSrc || image.src} cannot be read.`, {
      cause: error,
    });
  }
}

function isPixels(
  value: unknown,
): value is { data: Uint8ClampedArray | Uint8Array; width: number; height: number } {
  const { data, width, height } = (value ?? {}) as { data?: unknown; width?: unknown; height?: unknown };
  const bytes = data instanceof Uint8ClampedArray || data instanceof Uint8Array;
  return bytes && typeof width === "number" && typeof height === "number";
}

export function isBlob(value: unknown): value is Blob {
  return isInstance(value, "Blob");
}

function isDrawable(value: unknown): boolean {
  return ["HTMLCanvasElement", "OffscreenCanvas", "HTMLImageElement", "HTMLVideoElement", "ImageBitmap"].some(
    (name) => isInstance(value, name),
  );
}

/** `instanceof`, for classes that not every place has. */
function isInstance(value: unknown, name: string): boolean {
  const type = (globalThis as Record<string, unknown>)[name];
  return typeof type === "function" && value instanceof type;
}
