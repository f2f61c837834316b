import { type Dataset, data } from "tabgrad";
import { WINDOW } from "./choice";
import { cut } from "./texts";

/** Windows of the held-out end that are asked about while the model learns. */
const GLIMPSED = 128;
/** Ids before those of characters: padding and what is unknown. */
const OTHER_IDS = 2;

/** A text as datasets. */
export interface Parts {
  learned: Dataset;
  held: Dataset;
  /** Some of the held-out windows, from all over. */
  glimpse: Dataset;
  /** Different characters, and ids that the network must know. */
  characters: number;
  ids: number;
  dispose(): void;
}

/** Makes windows of a text's beginning, and of its end with the characters of the beginning. */
export async function partsOf(text: string): Promise<Parts> {
  const [beginning, end] = cut(text);
  const made: Dataset[] = [];
  const kept = async (making: Promise<Dataset>) => {
    const dataset = await making;
    made.push(dataset);
    return dataset;
  };
  const dispose = () => {
    for (const dataset of made) dataset.dispose();
  };
  try {
    const learned = await kept(data.fromText(beginning, { length: WINDOW }));
    const known = learned.preprocessing.text;
    const held = await kept(data.fromText(end, { ...known, length: WINDOW }));
    const every = Math.max(1, held.length / GLIMPSED);
    const chosen = Array.from({ length: Math.min(GLIMPSED, held.length) }, (_, i) => Math.floor(i * every));
    const glimpse = await kept(held.subset(chosen));
    const characters = known?.vocabulary?.length ?? 0;
    return { learned, held, glimpse, characters, ids: characters + OTHER_IDS, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}
