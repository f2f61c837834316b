/** When a run ends before its last epoch, which epoch the model is left with, and what is kept besides. */
import { type Callback, callbacks, type Logs, type Model } from "tabgrad";
import { type Answer, isNumber } from "../../data/answer";
import type { RunSettings } from "../network/presets";
import { type Field, resolved, type Values } from "./fields";

/** Where these settings are kept among those of kinds. */
export const KEEPING = "keeping";

const watches = ({ stop, end, best }: Values) => stop === true || end === "best" || best === true;

export function keepingFields(answer: Answer): readonly Field[] {
  return [
    {
      kind: "switch",
      name: "stop",
      label: "Stop early",
      help: "Ends the run when it has not got better for some epochs.",
      usual: false,
    },
    {
      kind: "number",
      name: "patience",
      label: "Patience, epochs",
      help: "How many epochs in a row may be no better than the best.",
      range: { from: 1, to: 1000, whole: true },
      usual: 3,
      wanted: ({ stop }) => stop === true,
    },
    {
      kind: "choice",
      name: "end",
      label: "End with",
      help: "Whose weights the model has at the end of the run.",
      choices: { last: "the last epoch", best: "the best epoch" },
      usual: "last",
    },
    {
      kind: "switch",
      name: "best",
      label: "Keep the best, too",
      help: "Saves the best epoch as a model of its own, as soon as it is reached.",
      usual: false,
    },
    {
      kind: "choice",
      name: "monitor",
      label: "Best is by",
      help: "Which number of the validation says whether an epoch is better than those before.",
      choices: { loss: "validation loss", measure: isNumber(answer) ? "mean absolute error" : "accuracy" },
      usual: "loss",
      wanted: watches,
    },
  ];
}

/** What these settings come to. */
interface Keeping {
  stop: boolean;
  patience: number;
  end: "last" | "best";
  best: boolean;
  /** A name of the logs, and how it is called. */
  monitor: string;
  words: string;
}

export function keepingOf(run: RunSettings, answer: Answer): Keeping {
  const values = resolved(keepingFields(answer), run.attributes?.[KEEPING] ?? {}, { run, answer });
  const byLoss = values.monitor === "loss";
  const measure = isNumber(answer) ? "valMeanAbsoluteError" : "valAccuracy";
  const words = isNumber(answer) ? "mean absolute error of the validation" : "accuracy of the validation";
  return {
    ...(values as unknown as Keeping),
    monitor: byLoss ? "valLoss" : measure,
    words: byLoss ? "validation loss" : words,
  };
}

/** Whether a larger number of this name is better, as the package sees it. */
const sign = (monitor: string) => (monitor === "valAccuracy" ? -1 : 1);

/** The number that says how good an epoch is, the smaller the better. */
export function watched({ monitor }: Keeping, logs: Logs): number | undefined {
  const value = logs[monitor];
  return value === undefined ? undefined : sign(monitor) * value;
}

/**
 * The callbacks of these settings. `keep` saves the best epoch, of which `before` are the numbers of epochs that an
 * earlier run has been through.
 */
export function keepingCallbacks(
  keeping: Keeping,
  epochs: number,
  before: readonly number[],
  keep: (model: Model, logs: Logs) => Promise<void>,
): Callback[] {
  const { stop, patience, end, best, monitor } = keeping;
  const list: Callback[] = [];
  if (stop || end === "best") {
    // With the patience of the whole run it only restores.
    const most = stop ? patience : epochs;
    list.push(callbacks.earlyStopping({ monitor, patience: most, restoreBestWeights: end === "best" }));
  }
  if (best) {
    const initialValue = bestOf(monitor, before).value;
    list.push(
      callbacks.modelCheckpoint({
        monitor,
        onlyBest: true,
        save: (model, { logs }) => keep(model, logs),
        ...(initialValue === undefined ? {} : { initialValue }),
      }),
    );
  }
  return list;
}

/** The best of these numbers, and which it is, from 0. */
function bestOf(monitor: string, values: readonly number[]): { at: number; value: number | undefined } {
  let at = -1;
  for (const [i, value] of values.entries()) {
    if (Number.isNaN(value)) continue;
    if (at < 0 || sign(monitor) * value < sign(monitor) * (values[at] as number)) at = i;
  }
  return { at, value: values[at] };
}

/** How a run came to its end. */
export interface Ending {
  /** The numbers of all epochs. */
  history: { readonly [name: string]: readonly number[] };
  /** Epochs that a run before this one went through, and those of both. */
  first: number;
  epochs: number;
  /** Whether a callback ended it, or someone did. */
  stopped: "early" | "byHand" | undefined;
  /** What the model of the best epoch is called. */
  bestName: string;
}

/** What the model is now and what else was kept, in words; empty where nothing was asked for. */
export function outcome(keeping: Keeping, { history, first, epochs, stopped, bestName }: Ending): string {
  const { stop, patience, end, best, monitor, words } = keeping;
  if (!stop && end === "last" && !best) return "";
  const values = history[monitor] ?? [];
  // What is restored is the best since this run began; what is kept is the best of all.
  const restored = first + bestOf(monitor, values.slice(first)).at + 1;
  const said: string[] = [];
  if (stopped === "early") {
    said.push(`It stopped after epoch ${epochs}: the ${words} had not got better for ${patience} epochs.`);
  }
  if (end === "best" && restored > 0 && (stopped !== "byHand" || restored < epochs)) {
    const which = restored === epochs ? "the last, which is the best" : "the best";
    said.push(`The model has the weights of epoch ${restored}, ${which}.`);
  } else {
    said.push(
      `The model has the weights ${stopped === "byHand" ? "that it had when you stopped it" : `of epoch ${epochs}, the last`}.`,
    );
  }
  if (best && values.length > 0) {
    said.push(`Those of epoch ${bestOf(monitor, values).at + 1}, the best, are kept as ${bestName}.`);
  }
  return said.join(" ");
}
