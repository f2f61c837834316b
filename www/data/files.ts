import { type Dataset, data, type FilesOptions, type ReadOptions, type TextSpec } from "tabgrad";
import { counted } from "../shared/format";
import { lookOf } from "../shared/look";
import type { Choices, StoredFiles } from "../shared/page-db";
import { codeOf, isAbort } from "../shared/problem";
import type { Parts, Source } from "./entry.svelte";
import { preprocessingFor } from "./preprocessing";
import { base, isIdx, isImageIdx, type PathBlob } from "./sort-out";
import { partsOf } from "./stored";

/** Files that are kept as they came, where the browser has no place for datasets: read anew at each visit. */
export function sourceOf({ id, name, files, choices }: StoredFiles): Source {
  return {
    id,
    name,
    kind: "files",
    bytes: files.reduce((sum, { blob }) => sum + blob.size, 0),
    about: `${counted(files.length, "file")} you added, read again at each visit`,
    read: (options) => readFiles(files, { ...choices, ...options }),
  };
}

/** The samples of these files; kept under `name`, if one is given and they are not IDX files. */
export async function readFiles(
  files: readonly PathBlob[],
  { inOrder = false, ...options }: FilesOptions & Choices,
  name?: string,
  overwrite = false,
): Promise<Parts> {
  if (files.some(({ path }) => isIdx(path))) return readIdx(files, options);
  const sources = files.map(({ path, blob }) => ({ path, file: blob }));
  const read = (more: FilesOptions, replace: boolean) =>
    data.fromFiles(sources, {
      ...options,
      ...more,
      ...(name === undefined ? {} : { name, overwrite: replace }),
    });
  const found = await read({}, overwrite);
  if (lookOf(found) !== "texts" || found.classNames.length === 0) return partsOf(found);
  // Dense networks tell texts apart by how often words occur; of a sequence they learn nothing.
  const [length = LONGEST] = found.shape;
  found.dispose();
  const text = inOrder ? { ...ORDERED, length: Math.min(length, LONGEST) } : COUNTED;
  return partsOf(await read({ preprocessing: { text } }, true));
}

/** Classes of texts are told by the words that occur most, and more than once. */
const COUNTED: TextSpec = { output: "counts", maxTokens: 1002, minCount: 2 };

/** Of texts in order more words are told apart: networks learn what they have in common. */
const ORDERED: TextSpec = { output: "ids", maxTokens: 8000, minCount: 2 };

/** Words that networks read of a text; what comes behind is cut off. */
const LONGEST = 128;

/** Pairs images with labels by their names; a pair that is called test or t10k is the test set. */
async function readIdx(files: readonly PathBlob[], options: ReadOptions): Promise<Parts> {
  const isTest = (path: string) => /(^|[^a-z])(t10k|test)/i.test(base(path));
  const images = files.filter(({ path }) => isImageIdx(path));
  const labels = files.filter(({ path }) => isIdx(path) && !isImageIdx(path));
  const read = async (image: PathBlob) => {
    const label = labels.find(({ path }) => isTest(path) === isTest(image.path));
    if (!label) {
      throw new Error(
        `${base(image.path)} has no labels: add its labels file (idx1-ubyte) together with it.`,
      );
    }
    const preprocessing = await preprocessingFor(image.blob);
    return named(
      image.path,
      data.fromIdx({ images: image.blob, labels: label.blob, ...preprocessing, ...options }),
    );
  };
  const train = images.find(({ path }) => !isTest(path)) ?? images[0];
  const test = images.find(({ path }) => isTest(path));
  if (!train) {
    throw new Error(
      `${base(labels[0]?.path ?? "")} holds labels only. Add its images file (idx3-ubyte) together with it.`,
    );
  }
  return { train: await read(train), ...(test && test !== train ? { test: await read(test) } : {}) };
}

/** Puts the file's name in front of what is wrong with it. */
async function named(path: string, reading: Promise<Dataset>): Promise<Dataset> {
  try {
    return await reading;
  } catch (error) {
    if (isAbort(error) || !(error instanceof Error)) throw error;
    throw Object.assign(new Error(`${base(path)}: ${error.message}`), { code: codeOf(error) });
  }
}
