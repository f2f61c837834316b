/** What is kept of a run besides its model. */
import type { Dataset, Logs, Model } from "tabgrad";
import type { Entry, Kind, Prepared } from "../data/entry.svelte";
import { modelUrl } from "../models/current.svelte";
import { models } from "../models/models.svelte";
import { keepNote, type Note } from "../models/notes";
import {
  type DataFacts,
  keepProvenance,
  MOST_CLASSES,
  provenanceOf,
  type ResultFacts,
} from "../models/provenance";
import { counted, percent } from "../shared/format";
import { countedAs } from "../shared/look";
import type { RunSettings } from "./network/presets";
import type { Test } from "./results/test.svelte";

/** What the best epoch of a model is called. */
export const bestOf = (name: string) => `${name}, best epoch`;

/** What a model was measured on. */
export function testOf({ look, name }: Entry, { length }: Dataset): Pick<Note, "on" | "total"> {
  return { on: `${countedAs(look, length, "test ")} of ${name}`, total: length };
}

/**
 * Keeps the model as it is under a name of its own, in the place of an earlier one of the same run, with what the
 * validation said of it. Resolves to that name.
 */
export async function keepBest(
  model: Model,
  { run, wanted }: { run: string; wanted: string },
  logs: Logs,
  test: Pick<Note, "on" | "total">,
): Promise<string> {
  const { valAccuracy, valMeanAbsoluteError = Number.NaN } = logs;
  const isOwn = provenanceOf(wanted)?.bestOf === run;
  const name = isOwn ? wanted : await models.saveAs(model, wanted);
  if (isOwn) await model.save(modelUrl(name));
  keepProvenance(name, { bestOf: run });
  const result = valAccuracy === undefined ? { error: valMeanAbsoluteError } : { accuracy: valAccuracy };
  keepNote(name, { ...result, ...test });
  return name;
}

/** Where data are from that come with no words of their own. */
const origins: Partial<Record<Kind, string>> = {
  stored: "files that were added in the browser",
  files: "files that were added in the browser",
  drawings: "drawn on the page",
  pictures: "recorded with the camera",
  recordings: "recorded with the microphone",
};

/** Keeps where a model comes from: what it learned from, how, and what the test said of it. */
export async function keepOrigin(
  name: string,
  entry: Entry,
  { train, validation }: Prepared,
  settings: RunSettings,
  test?: Test,
): Promise<void> {
  const { epochs, batchSize, seed, ...others } = settings;
  const data: DataFacts = {
    id: entry.id,
    name: entry.name,
    about: origins[entry.source.kind] ?? entry.source.about,
    train: train.length,
    test: validation.length,
    counts: train.classNames.length > 0 ? Array.from(await train.counts()) : [],
    split: splitOf(entry),
  };
  const result = test && resultOf(test, testOf(entry, validation));
  const { bestOf } = provenanceOf(name) ?? {};
  keepProvenance(name, {
    ...(bestOf ? { bestOf } : {}),
    data,
    run: { epochs, batchSize, seed, endedAt: Date.now(), settings: others },
    ...(result ? { result } : {}),
  });
}

function resultOf({ report, estimated }: Test, on: Pick<Note, "on" | "total">): ResultFacts | undefined {
  if (estimated) {
    const { rmse, mae, r2, logs } = estimated;
    return {
      ...on,
      logs: { ...logs, rootMeanSquaredError: rmse, meanAbsoluteError: mae, r2Score: r2 },
    };
  }
  if (!report) return undefined;
  const { logs, accuracy, macroF1, confusion } = report;
  return {
    ...on,
    logs: { ...logs, accuracy, macroF1 },
    ...(confusion.length <= MOST_CLASSES ? { confusion } : {}),
  };
}

/** How training and test samples were told apart, in words. */
function splitOf(entry: Entry): string {
  if (entry.ownSplit) return "those to test with came with the data";
  const { fraction, seed, stratified, grouped, fold } = entry.refiner.split;
  const how = grouped ? "groups stay together" : stratified ? "as many of each class in both" : "at random";
  const share = fold ? `part ${fold.at + 1} of ${counted(fold.of, "part")}` : percent(fraction);
  return `${share} held back, ${how}, seed ${seed}`;
}
