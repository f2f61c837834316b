/** Which of the files that someone chose or dropped are models, and which of them belong together. */
import { base, type PathBlob } from "../../data/sort-out";

/** The files of one model. */
export interface ModelFiles {
  /** What it is called in messages: its file, or its folder with that. */
  file: string;
  /** What the model is called, if the name is free. */
  name: string;
  files: PathBlob[];
}

/** A file that is no model by its name, in words. */
export interface Refused {
  file: string;
  text: string;
}

/** Endings of files that `torch.save` and the like write. */
const PICKLES = /\.(pt|pth|ckpt|pkl|pickle|joblib)$/i;
const MODELS = /\.(safetensors|onnx|keras|h5|hdf5)$/i;
const WEIGHTS = /\.(bin|data)$|(^|[^a-z])shard\d/i;

/** The most characters of a name, as they can be typed on the page. */
const LONGEST = 80;

/** Models by their files; what is left over is refused in words. */
export function sortModels(files: readonly PathBlob[]): { models: ModelFiles[]; refused: Refused[] } {
  const models: ModelFiles[] = [];
  const used = new Set<PathBlob>();
  for (const one of files) {
    const { path } = one;
    // Its weights may lie beside it; files that were chosen one by one have no folder.
    const beside = files.filter((other) => other !== one && folderOf(other.path) === folderOf(path));
    const numbers = beside.filter((other) => WEIGHTS.test(base(other.path)));
    if (/\.onnx$/i.test(path)) {
      // As PyTorch names them: net.onnx.data.
      const own = beside.filter((other) => base(other.path).startsWith(base(path)));
      models.push(modelOf(base(path), base(path), [one, ...(own.length > 0 ? own : numbers)]));
    } else if (MODELS.test(path)) models.push(modelOf(base(path), base(path), [one]));
    else if (/\.json$/i.test(path)) {
      models.push(modelOf(path, base(folderOf(path)) || base(path), [one, ...numbers]));
    } else continue;
    for (const file of models.at(-1)?.files ?? []) used.add(file);
  }
  const refused = files.filter((one) => !used.has(one)).map(({ path }) => refusal(path));
  return { models, refused };
}

function modelOf(file: string, name: string, files: PathBlob[]): ModelFiles {
  return { file, name: nameOf(name), files };
}

/** The file's name without its ending, as far as it is one to be shown. */
function nameOf(file: string): string {
  const bare = file.replace(/\.(safetensors|onnx|keras|h5|hdf5|json)$/i, "").trim();
  return bare.slice(0, LONGEST) || "Model";
}

function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}

function refusal(path: string): Refused {
  const file = base(path);
  if (PICKLES.test(file)) {
    return {
      file,
      text: `${file} is a checkpoint of Python: numbers and names, without the network, or a program that would have to be run. Export the model with torch.onnx.export(model, example, "model.onnx") and import that file.`,
    };
  }
  if (WEIGHTS.test(file)) {
    return {
      file,
      text: `${file} holds numbers only. Add the model.json or .onnx file that it belongs to together with it.`,
    };
  }
  return {
    file,
    text: `${file} is no model that can be read. Expected .safetensors of this page, .onnx, .keras, .h5, or model.json with its .bin files.`,
  };
}

/** Files that are refused one by one; of more, a folder for example, all are in one sentence. */
const ONE_BY_ONE = 3;

/** What is said of all files that were refused. */
export function fewer(refused: readonly Refused[]): readonly Refused[] {
  const [first, second] = refused;
  if (!first || !second || refused.length <= ONE_BY_ONE) return refused;
  const text = `${refused.length} files are no models that can be read: ${first.file}, ${second.file} and so on. Expected .safetensors of this page, .onnx, .keras, .h5, or model.json with its .bin files.`;
  return [{ file: first.file, text }];
}

/** The beginning of a safetensors file: so many bytes of text follow the first eight. */
const LENGTH_BYTES = 8;
/** A header that is longer is no header. */
const LONGEST_HEADER = 100_000_000;

/**
 * What a safetensors file holds that has no network, in words; nothing where it has one, or cannot be read, which its
 * reader then says.
 */
export async function weightsAlone({ files: [one] }: ModelFiles): Promise<string | undefined> {
  if (!one || !/\.safetensors$/i.test(one.path)) return undefined;
  const { blob, path } = one;
  const start = new DataView(await blob.slice(0, LENGTH_BYTES).arrayBuffer());
  if (start.byteLength < LENGTH_BYTES) return undefined;
  const length = Number(start.getBigUint64(0, true));
  if (length > Math.min(blob.size, LONGEST_HEADER)) return undefined;
  try {
    const header = JSON.parse(await blob.slice(LENGTH_BYTES, LENGTH_BYTES + length).text());
    if (header?.__metadata__?.tabgrad !== undefined) return undefined;
    const names = Object.keys(header).filter((name) => name !== "__metadata__");
    const some = names.slice(0, 3).join(", ");
    return `${base(path)} holds the weights of a network (${names.length} arrays: ${some}${names.length > 3 ? " and so on" : ""}), as a PyTorch state dict does, but not the network itself. Export the whole model with torch.onnx.export(model, example, "model.onnx") and import that file.`;
  } catch {
    return undefined;
  }
}
