import { counted } from "../shared/format";

export interface PathBlob {
  path: string;
  blob: Blob;
}

/** Files of an input or a drop that belong together. */
export type Added = { kind: "idx" | "images"; name: string; files: PathBlob[] };

const isIdx = (path: string) => /(ubyte|\.idx[0-9]?)(\.gz|\.gzip)?$/i.test(path);
export const isZip = (path: string) => /\.zip$/i.test(path);
const isImage = (path: string) => /\.(png|jpe?g|gif|webp|bmp|avif)$/i.test(path);

/**
 * Sorts out what was dropped: IDX files, else a zip, else pictures in folders.
 *
 * @throws if none of it can be read, in words for the user
 */
export function sortOut(files: PathBlob[]): Added {
  const first = files[0];
  if (!first)
    throw new Error("The folder is empty: choose one that holds a folder of images for each class.");
  if (files.some(({ path }) => isIdx(path))) {
    const idx = files.filter(({ path }) => isIdx(path));
    if (!idx.some(({ path }) => isImageIdx(path))) {
      throw new Error(
        `${base(first.path)} holds labels only. Add its images file (idx3-ubyte) together with it.`,
      );
    }
    return { kind: "idx", name: idxName(idx), files: idx };
  }
  const zip = files.find(({ path }) => isZip(path));
  if (zip) {
    if (files.length > 1)
      throw new Error(`${base(zip.path)}: choose a zip alone, found ${counted(files.length, "file")}.`);
    return { kind: "images", name: base(zip.path).replace(/\.zip$/i, ""), files: [zip] };
  }
  if (!files.some(({ path }) => isImage(path))) {
    throw new Error(
      `${base(first.path)} cannot be read here: expected IDX files, a zip, or PNG, JPEG, GIF, WebP, BMP or AVIF images in a folder for each class.`,
    );
  }
  return { kind: "images", name: first.path.split("/")[0] ?? "Images", files };
}

export function isImageIdx(path: string): boolean {
  return /images|idx3/i.test(base(path));
}

function idxName(files: PathBlob[]): string {
  const folder = files[0]?.path.split("/").at(-2);
  return (
    folder ??
    base(files[0]?.path ?? "IDX").replace(/[-._]?(images|labels)?[-._]?idx[13](-ubyte)?(\.gz|\.gzip)?$/i, "")
  );
}

export function base(path: string): string {
  return path.split("/").at(-1) ?? path;
}
