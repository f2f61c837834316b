import { data } from "tabgrad";
import { counted } from "../shared/format";
import type { StoredFiles } from "../shared/page-db";
import { codeOf, isAbort } from "../shared/problem";
import type { Parts, Source } from "./entry.svelte";
import { digits, holdsDigits } from "./preprocessing";
import { base, isImageIdx, isZip, type PathBlob } from "./sort-out";

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
    return { train: await named(only.path, data.fromFiles(only.blob, options)) };
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
    const preprocessing = (await holdsDigits(image.blob)) ? { preprocessing: digits } : {};
    const read = data.fromIdx({ images: image.blob, labels: label.blob, ...preprocessing, ...options });
    return named(image.path, read);
  };
  const train = images.find(({ path }) => !isTest(path)) ?? images[0];
  const test = images.find(({ path }) => isTest(path));
  if (!train) throw new Error("There is no images file (idx3-ubyte) among these files.");
  return { train: await read(train), ...(test && test !== train ? { test: await read(test) } : {}) };
}

/** Puts the file's name in front of what is wrong with it. */
async function named<T>(path: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (isAbort(error) || !(error instanceof Error)) throw error;
    throw Object.assign(new Error(`${base(path)}: ${error.message}`), { code: codeOf(error) });
  }
}
