/** Models of other systems. */
import type { DataMethods, WireSource } from "../../data-protocol.js";
import { TabgradError } from "../../errors.js";
import { exportModel, ImportedModel, readWeights } from "../../generated/tabgrad_data.js";
import { fetchBytes } from "../fetching.js";
import type { Context, HandlersOf } from "../serve.js";
import type { DataPlatform } from "./platform.js";

type ModelMethods = Pick<DataMethods, "importModel" | "exportModel" | "readWeights">;

/** The most bytes of a model's files together: all of it is in memory at once. */
const MOST_BYTES = 2 ** 30;

/** The handlers of models. */
export function modelHandlers(platform: DataPlatform, load: () => Promise<void>): HandlersOf<ModelMethods> {
  return {
    async importModel({ sources, shapes }, context) {
      await load();
      const names: string[] = [];
      const contents: Uint8Array[] = [];
      let total = 0;
      for (const source of sources) {
        for (const { name, bytes } of await filesOf(platform, source, MOST_BYTES - total, context)) {
          names.push(name);
          contents.push(bytes);
          total += bytes.byteLength;
        }
      }
      const model = new ImportedModel(names, contents, shapes);
      try {
        return { file: model.file(), notes: model.notes() };
      } finally {
        model.free();
      }
    },

    async exportModel({ file, spec }) {
      await load();
      return exportModel(file, spec);
    },

    async readWeights({ file, weights, layers, modules, strict }) {
      await load();
      return readWeights(file, weights, layers, modules, strict);
    },
  };
}

/** What lies behind a source: a file, or in Node those of a folder; all of them have `room` bytes at most. */
async function filesOf(
  platform: DataPlatform,
  { path, size, from }: WireSource,
  room: number,
  { signal }: Context,
): Promise<{ name: string; bytes: Uint8Array }[]> {
  const name = nameOf(path);
  const fits = (bytes: number) => {
    if (bytes > room)
      throw new TabgradError("tooLarge", `${name}: the model's files have over ${MOST_BYTES} bytes.`);
  };
  if (size !== undefined) fits(size);
  if ("blob" in from) return [{ name, bytes: new Uint8Array(await from.blob.arrayBuffer()) }];
  if ("stream" in from) return [{ name, bytes: await bytesOf(from.stream, fits) }];
  const listed = await platform.list(from.url);
  if (!listed) return [{ name, bytes: await fetchBytes(from.url, signal) }];
  fits(listed.reduce((sum, file) => sum + file.size, 0));
  return listed.map((file) => {
    const source = platform.openListed(file.url);
    try {
      const bytes = new Uint8Array(source.length);
      source.readAt(0, bytes);
      return { name: nameOf(file.path), bytes };
    } finally {
      source.close();
    }
  });
}

/** All bytes of a stream, whose number is looked at as they come. */
async function bytesOf(
  stream: ReadableStream<Uint8Array>,
  fits: (bytes: number) => void,
): Promise<Uint8Array> {
  let length = 0;
  const counted = stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        length += chunk.byteLength;
        fits(length);
        controller.enqueue(chunk);
      },
    }),
  );
  return new Uint8Array(await new Response(counted).arrayBuffer());
}

const nameOf = (path: string) => path.split("/").at(-1) ?? path;
