import { data } from "tabgrad";
import { counted } from "../shared/format";
import type { StoredFiles } from "../shared/page-db";
import type { Parts, Source } from "./entry.svelte";

export interface PathBlob {
  path: string;
  blob: Blob;
}

/** Files of an input or a drop that belong together. */
export type Added = { kind: "idx" | "images"; name: string; files: PathBlob[] };

const isIdx = (path: string) => /(idx[13]-ubyte|ubyte|\.idx)(\.gz)?$/i.test(path);
const isZip = (path: string) => /\.zip$/i.test(path);
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

export function sourceOf(stored: StoredFiles): Source {
  const { id, name, kind, files } = stored;
  const about =
    kind === "idx"
      ? files.map(({ path }) => base(path)).join(", ")
      : `${counted(files.length, "file")} you added`;
  return {
    id,
    name,
    kind,
    about,
    read: (options) => (kind === "idx" ? readIdx(files, options) : readImages(files, options)),
  };
}

type ReadOptions = Parameters<Source["read"]>[0];

async function readImages(files: PathBlob[], options: ReadOptions): Promise<Parts> {
  const only = files[0];
  if (files.length === 1 && only && isZip(only.path)) {
    return { train: await data.fromFiles(only.blob, options) };
  }
  return {
    train: await data.fromFiles(
      files.map(({ path, blob }) => ({ path, file: blob })),
      options,
    ),
  };
}

/** Pairs images with labels by their names; a pair that is called test or t10k is the test set. */
async function readIdx(files: PathBlob[], options: ReadOptions): Promise<Parts> {
  const isTest = (path: string) => /(^|[^a-z])(t10k|test)/i.test(base(path));
  const images = files.filter(({ path }) => isImageIdx(path));
  const labels = files.filter(({ path }) => !isImageIdx(path));
  const read = async (image: PathBlob) => {
    const label = labels.find(({ path }) => isTest(path) === isTest(image.path));
    if (!label) {
      throw new Error(
        `${base(image.path)} has no labels: add its labels file (idx1-ubyte) together with it.`,
      );
    }
    return data.fromIdx({ images: image.blob, labels: label.blob, ...options });
  };
  const train = images.find(({ path }) => !isTest(path)) ?? images[0];
  const test = images.find(({ path }) => isTest(path));
  if (!train) throw new Error("There is no images file (idx3-ubyte) among these files.");
  return { train: await read(train), ...(test && test !== train ? { test: await read(test) } : {}) };
}

function isImageIdx(path: string): boolean {
  return /images|idx3/i.test(base(path));
}

function idxName(files: PathBlob[]): string {
  const folder = files[0]?.path.split("/").at(-2);
  return (
    folder ?? base(files[0]?.path ?? "IDX").replace(/[-.]?(images|labels)?[-.]?idx[13]-ubyte(\.gz)?$/i, "")
  );
}

export function base(path: string): string {
  return path.split("/").at(-1) ?? path;
}
