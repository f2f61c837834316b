/** The model card: what is known of a model, as Markdown. Names come from files and people: they stay text. */
import type { Model, ModelReport } from "tabgrad";
import { bytes, count, counted, measure, shape } from "../../shared/format";
import { grade, type Note } from "../notes";
import type { Provenance, ResultFacts } from "../provenance";

export interface CardFacts {
  name: string;
  model: Pick<Model, "spec" | "classNames" | "preprocessing" | "history" | "compiled">;
  report: ModelReport;
  note: Note | undefined;
  provenance: Provenance | undefined;
  /** The files beside it, with what they are for. */
  files: readonly { name: string; bytes: number; about: string }[];
  /** What could not be done, in words. */
  notes: readonly string[];
  made: Date;
}

/** The card of a model. */
export function cardOf(facts: CardFacts): string {
  const { name, files, notes, made } = facts;
  const parts = [
    `# ${text(name)}`,
    `${purpose(facts)} Made with tabgrad in a browser; this card was written on ${day(made)}.`,
    "## Files",
    table(
      ["file", "size", "is"],
      files.map((file) => [`\`${file.name}\``, bytes(file.bytes), file.about]),
    ),
    ...notes.map(text),
    ...modelPart(facts),
    ...dataPart(facts),
    ...trainingPart(facts),
    ...resultPart(facts),
    "## What it is not good for",
    list(limits(facts)),
  ];
  return `${parts.filter(Boolean).join("\n\n")}\n`;
}

function purpose({ model, provenance }: CardFacts): string {
  const { classNames, preprocessing } = model;
  const what = preprocessing?.table
    ? "rows of a table"
    : preprocessing?.text
      ? "texts"
      : preprocessing?.audio
        ? "recordings"
        : model.spec.inputs[0]?.shape.length === 1
          ? "numbers"
          : "pictures";
  if (classNames.length > 0)
    return `Tells ${counted(classNames.length, "class", "classes")} of ${what} apart.`;
  const target = preprocessing?.table?.target ?? provenance?.data?.name;
  return `Gives numbers for ${what}${target ? ` (${text(target)})` : ""}.`;
}

function modelPart({ model, report }: CardFacts): string[] {
  const { spec, classNames, preprocessing } = model;
  const layers = report.layers.map(({ name, type, outputShape, parameters }) => [
    text(name),
    text(type),
    shape(outputShape ?? []),
    count(parameters),
  ]);
  return [
    "## Model",
    list([
      ...spec.inputs.map((input) => `Input ${text(input.name)}: ${shape(input.shape)}`),
      `${counted(report.parameters, "parameter")}, ${count(report.multiplyAdds)} multiplications for one sample`,
      ...(classNames.length > 0 ? [`Classes, in this order: ${classNames.map(text).join(", ")}`] : []),
    ]),
    table(["layer", "kind", "output", "parameters"], layers),
    preprocessing ? `Preparation: ${steps(preprocessing)}` : "",
  ];
}

function steps(preprocessing: NonNullable<Model["preprocessing"]>): string {
  const { table: columns, text: words, audio, image = [], features = [], numeric = [] } = preprocessing;
  const all = [
    ...image.map(({ type }) => type),
    ...features.map(({ type }) => type),
    ...(columns
      ? [`columns ${(columns.columns ?? []).map(({ name, type }) => `${name} (${type})`).join(", ")}`]
      : []),
    ...(words
      ? [`words (${words.split ?? "words"}, ${counted(words.vocabulary?.length ?? 0, "token")})`]
      : []),
    ...(audio ? ["spectra of sounds"] : []),
    ...numeric.map(({ type }) => type),
  ];
  return all.length > 0 ? `${all.map(text).join(", ")}.` : "none.";
}

function dataPart({ model, provenance, note }: CardFacts): string[] {
  const data = provenance?.data;
  if (!data) {
    const from = provenance?.file;
    return [
      "## Data",
      from
        ? `Imported from ${text(from.name)}: what it was trained with is not known here.`
        : "What it was trained with is not known here any more.",
      ...(from && from.notes.length > 0 ? [list(from.notes.map(text))] : []),
      note ? `Measured on ${text(note.on)}.` : "",
    ];
  }
  return [
    "## Data",
    list([
      `${text(data.name)}: ${text(data.about)}`,
      `Licence: ${licence(data.about)}`,
      `${counted(data.train, "sample")} to train on, ${count(data.test)} held back: ${text(data.split)}`,
    ]),
    data.counts.length > 0
      ? table(
          ["class", "samples to train on"],
          data.counts.map((samples, i) => [text(model.classNames[i] ?? String(i)), count(samples)]),
        )
      : "",
  ];
}

/** As it stands in what is said of the data. */
function licence(about: string): string {
  return text(
    /\b(CC[ -][A-Z0-9 .-]+\d|CC0|MIT|Apache-2\.0|public domain)/i.exec(about)?.[1] ??
      "not known to this page; ask whoever the data are from",
  );
}

function trainingPart({ model, provenance }: CardFacts): string[] {
  const run = provenance?.run;
  const epochs = model.history.loss?.length ?? 0;
  const said = [
    ...(run ? [`Ended on ${day(new Date(run.endedAt))}`] : []),
    ...(epochs > 0 ? [`${counted(epochs, "epoch")} in its history`] : []),
    ...(run
      ? [
          `Batches of ${count(run.batchSize)}`,
          `Seed ${run.seed}: the same data and settings come to the same model`,
        ]
      : []),
  ];
  const settings = run?.settings ?? (model.compiled as Record<string, unknown> | undefined);
  if (said.length === 0 && !settings) return [];
  const rows = Object.entries(settings ?? {}).filter(
    ([, value]) => value !== undefined && value !== null && value !== "",
  );
  return [
    "## Training",
    list(said),
    rows.length > 0
      ? table(
          ["setting", "value"],
          rows.map(([key, value]) => [
            text(key),
            text(typeof value === "object" ? JSON.stringify(value) : String(value)),
          ]),
        )
      : "",
  ];
}

function resultPart({ model, provenance, note }: CardFacts): string[] {
  const result = provenance?.result;
  if (!result && !note) return ["## Results", "Not measured."];
  const logs = Object.entries(result?.logs ?? {}).filter(([, value]) => Number.isFinite(value));
  return [
    "## Results",
    note ? `${grade(note)} on ${text(note.on)}.` : "",
    logs.length > 0
      ? table(
          ["measure", "value"],
          logs.map(([key, value]) => [text(key), measure(value)]),
        )
      : "",
    result?.confusion ? confusion(result, model.classNames) : "",
  ];
}

function confusion({ confusion: rows = [] }: ResultFacts, names: readonly string[]): string {
  const heads = ["true \\ said", ...names.map(text)];
  return `Confusion matrix: rows are the true classes, columns what the model said.\n\n${table(
    heads,
    rows.map((row, i) => [text(names[i] ?? String(i)), ...row.map(count)]),
  )}`;
}

function limits({ model, provenance, note }: CardFacts): string[] {
  const { classNames, preprocessing } = model;
  const data = provenance?.data?.name;
  return [
    data
      ? `Samples unlike those of ${text(data)}: it was measured on others of the same kind, and on nothing else.`
      : "Samples unlike those that it was trained with.",
    ...(classNames.length > 0
      ? [
          "Things of no class: it always names one, and its probabilities are no measure of whether the thing is one of them.",
        ]
      : ["Values outside of the range of those that it was trained with."]),
    ...(preprocessing?.image?.some(({ type }) => type === "centerOfMass")
      ? ["Pictures with more than one drawing: each is cut out and centred as one."]
      : []),
    ...(note ? [] : ["Anything that matters, before it was measured on data of its own kind."]),
    "Decisions about people, without someone who answers for them.",
  ];
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** Characters that mean something in Markdown or HTML. */
const MARKUP = /[\\`*_{}[\]<>#|~&]/g;
// Also what turns the direction of what follows.
const UNSEEN = /[\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu;

/** A text from elsewhere, as nothing but itself. */
export function text(from: string): string {
  return from
    .replace(UNSEEN, " ")
    .replace(MARKUP, (found) => (/[<>&]/.test(found) ? (ENTITIES[found] ?? found) : `\\${found}`));
}

const ENTITIES: Record<string, string> = { "<": "&lt;", ">": "&gt;", "&": "&amp;" };
