/** One model in the thread of a page, from bytes that are there already: no worker, no file, no request. */
import { TabgradError } from "../errors.js";
import type { ModelInfo, WireImage, WireInput } from "../protocol.js";
import type { Row, Tensor } from "../types/tensors.js";
import { firstHandlers } from "./first.js";
import { decode } from "./pictures.js";
import type { WorkerPlatform } from "./platform.js";
import type { Context } from "./serve.js";
import { Session } from "./session.js";
import { alone } from "./team/info.js";
import { Engine } from "./wasm.js";

/** The files of the engine's baseline build, and of the model. */
export interface AloneFiles {
  first: Uint8Array;
  rest: Uint8Array;
  model: Uint8Array;
}

/** A model that answers. */
export interface AloneModel {
  info: ModelInfo;
  /** What it gives for one sample: by the names of its outputs. */
  ask(sample: AloneSample): Promise<{ [output: string]: Tensor }>;
}

/** A picture, a row, a text, or numbers as the network takes them. */
export type AloneSample = { image: WireImage } | { row: Row } | { text: string } | { numbers: Float32Array };

/** The only model there is. */
const ID = 1;

/** Starts the engine and reads the model. */
export async function openAlone({ first, rest, model }: AloneFiles): Promise<AloneModel> {
  const files: Record<string, Uint8Array> = { first, rest };
  const readNow = (url: string) => {
    const bytes = files[url];
    if (!bytes) throw new TabgradError("internal", `There is no file ${url}.`);
    return bytes;
  };
  const platform: WorkerPlatform = {
    read: async (url) => readNow(url),
    readNow,
    decode,
    cores: () => 1,
    loadRest: async () => {
      throw new TabgradError("unsupported", "This page answers about one sample at a time, and no more.");
    },
  };
  const engine = await Engine.start({ first: "first", rest: "rest" }, platform);
  // Browsers compile large modules in a page's own thread only where nothing waits for that.
  await engine.complete();
  const later = () => platform.loadRest("rest") as never;
  const session = new Session(platform, { post: () => {} }, later);
  const handlers = firstHandlers(session, () =>
    alone({ workers: 1, transport: "messages", cores: platform.cores() }),
  );
  const context: Context = {
    signal: new AbortController().signal,
    emit: () => {},
    ask: async () => undefined,
  };
  const info = await handlers.loadModel({ id: ID, from: { bytes: model } }, context);
  return {
    info,
    async ask(sample) {
      const data = { x: { "": wireOf(sample) } };
      return handlers.predict({ id: ID, data, batchSize: 1 }, context);
    },
  };
}

function wireOf(sample: AloneSample): WireInput {
  if ("image" in sample) return { images: [sample.image] };
  if ("row" in sample) return { rows: [sample.row] };
  if ("text" in sample) return { texts: [sample.text] };
  return { data: sample.numbers };
}
