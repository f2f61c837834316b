/** The schedules that the page offers: how the learning rate changes over a run. */
import type { ScheduleSpec } from "tabgrad";
import type { ChoiceSetting, Context, Kind, ListSetting, NumberSetting, SwitchSetting } from "./fields";
import { notNegative, positive, type Range } from "./ranges";

export interface ScheduleKind extends Kind {
  /** One of the package, or the callback that does it. */
  type: ScheduleSpec["type"] | "reduceLrOnPlateau";
  /** What the learning rate is called from which the others follow: on the page, and where not so in the package. */
  rate?: string;
  rateName?: string;
  /** Whether it ends at about zero. */
  endsLow?: boolean;
  /** Whether a callback sets it while the run goes on. */
  isCallback?: boolean;
}

const fraction: Range = { from: 0, to: 1 };

/** So much of the run, in epochs. */
const epochs =
  (share: number) =>
  ({ run }: Context) =>
    Number(((run.epochs > 0 ? run.epochs : 1) * share).toPrecision(3));

const warmup: NumberSetting = {
  kind: "number",
  name: "warmupSteps",
  label: "Warm-up, epochs",
  help: "How long the rate rises first.",
  main: true,
  range: { ...notNegative, such: 0.5 },
  unit: "epochs",
  usual: epochs(0.1),
  wrong: (value, _, { run }) =>
    value >= run.epochs ? `Expected less than the ${run.epochs} epochs of the run.` : "",
};

const alpha: NumberSetting = {
  kind: "number",
  name: "alpha",
  label: "Left at the end",
  help: "The rate at the end as a share of the highest.",
  range: { ...fraction, such: 0.01 },
  usual: 0,
};

/** After so many epochs something happens. */
const after = (name: string, label: string, help: string, usual: number): NumberSetting => ({
  kind: "number",
  name,
  label,
  help,
  main: true,
  range: { ...positive, such: 1 },
  unit: "epochs",
  usual: epochs(usual),
});

const factor = (name: string, label: string, help: string, usual: number): NumberSetting => ({
  kind: "number",
  name,
  label,
  help,
  main: true,
  range: { above: 0, below: 1, such: 0.1 },
  usual,
});

const boundaries: ListSetting = {
  kind: "list",
  name: "boundaries",
  label: "Changes, epochs",
  help: "After which epochs the next share begins.",
  main: true,
  range: { ...positive, such: 2 },
  unit: "epochs",
  usual: (context) => [epochs(0.5)(context)],
  wrong: (value) =>
    value.every((epoch, i) => i === 0 || epoch > (value[i - 1] as number))
      ? ""
      : "Expected each epoch to come after the one before.",
};

const shares: ListSetting = {
  kind: "list",
  name: "values",
  label: "Shares of the rate",
  help: "What the rate is multiplied by at first, and after each change.",
  main: true,
  range: { ...notNegative, such: 0.1 },
  unit: "rate",
  usual: [1, 0.1],
  wrong: (value, { boundaries }) => {
    const wanted = (boundaries as readonly number[]).length + 1;
    return value.length === wanted ? "" : `Expected ${wanted} numbers, one more than there are changes.`;
  },
};

const endRate: NumberSetting = {
  ...alpha,
  name: "endLearningRate",
  label: "Left at the end",
  help: "The rate at the end as a share of the first.",
  unit: "rate",
};

const power: NumberSetting = {
  kind: "number",
  name: "power",
  label: "Power",
  help: "Of what is left of the way: 1 is a straight line.",
  main: true,
  range: { ...positive, such: 2 },
  usual: 1,
};

const cycle: SwitchSetting = {
  kind: "switch",
  name: "cycle",
  label: "Rises again",
  help: "Begins anew, over longer and longer ways, whenever the end is reached.",
  usual: false,
};

const longer: NumberSetting = {
  kind: "number",
  name: "tMul",
  label: "Length factor",
  help: "How many times as long as the one before each way down is.",
  main: true,
  range: { from: 1, such: 2 },
  usual: 2,
};

const lower: NumberSetting = {
  kind: "number",
  name: "mMul",
  label: "Height factor",
  help: "The rate that a way down begins with as a share of that of the one before.",
  range: { ...fraction, such: 0.8 },
  usual: 1,
};

const peakAt: NumberSetting = {
  kind: "number",
  name: "warmup",
  label: "Peak at",
  help: "At which share of the run the peak is reached.",
  range: { above: 0, below: 1, such: 0.2 },
  usual: 0.2,
};

const ofPeak = (name: string, label: string, help: string): NumberSetting => ({
  kind: "number",
  name,
  label,
  help,
  range: { ...fraction, such: 0.04 },
  usual: 0,
});

const anneal: ChoiceSetting = {
  kind: "choice",
  name: "anneal",
  label: "Shape",
  help: "How the rate moves between its beginning, its peak and its end.",
  choices: { linear: "straight", cosine: "half a cosine" },
  usual: "linear",
};

const whole = (name: string, label: string, help: string, from: number, usual: number): NumberSetting => ({
  kind: "number",
  name,
  label,
  help,
  range: { from, to: 1000, whole: true },
  usual,
});

const begin = "First learning rate";
const peak = "Peak learning rate";

/** Each is one entry; what its fields are called is what the package calls them. */
export const scheduleKinds: readonly ScheduleKind[] = [
  {
    type: "oneCycle",
    name: "one cycle",
    group: "With a warm-up",
    help: "Up to a peak over the first part of the run, then down to 0. Good for short runs.",
    rateName: "peak",
    rate: peak,
    endsLow: true,
    fields: [
      peakAt,
      ofPeak("startFactor", "Begins at", "The rate at the beginning as a share of the peak."),
      ofPeak("endFactor", "Ends at", "The rate at the end as a share of the peak."),
      anneal,
    ],
  },
  {
    type: "cosine",
    name: "cosine",
    group: "With a warm-up",
    help: "Up along a line, then down along half a cosine: slow at first and at last.",
    rate: peak,
    endsLow: true,
    fields: [warmup, alpha],
  },
  {
    type: "cosineRestarts",
    name: "warm restarts",
    group: "With a warm-up",
    help: "Half cosines one after the other: the rate jumps up again after each.",
    rate: peak,
    endsLow: true,
    fields: [
      after("firstDecaySteps", "First cycle, epochs", "How many epochs the first way down takes.", 1 / 3),
      longer,
      { ...warmup, main: false, usual: 0 },
      lower,
      alpha,
    ],
  },
  {
    type: "constant",
    name: "constant",
    group: "Constant",
    help: "The same rate all the time.",
    fields: [],
  },
  {
    type: "polynomial",
    name: "polynomial",
    group: "Down",
    help: "Down along a straight line, or a power of what is left.",
    rate: begin,
    endsLow: true,
    fields: [
      power,
      endRate,
      {
        ...after("decaySteps", "Length, epochs", "After how many epochs the end is reached.", 1),
        main: false,
      },
      cycle,
    ],
  },
  {
    type: "exponential",
    name: "exponential",
    group: "Down",
    help: "Down by the same factor at every step.",
    rate: begin,
    fields: [
      factor("decayRate", "Left at the end", "The rate at the end of the run as a share of the first.", 0.01),
    ],
  },
  {
    type: "step",
    name: "step",
    group: "Down",
    help: "Down by a factor every so many epochs.",
    rate: begin,
    fields: [
      after("decaySteps", "Step, epochs", "After how many epochs it is multiplied.", 1 / 3),
      factor("decayRate", "Factor", "What it is multiplied by.", 0.1),
    ],
  },
  {
    type: "piecewise",
    name: "piecewise",
    group: "Down",
    help: "Constant between epochs that you choose.",
    fields: [boundaries, shares],
  },
  {
    type: "reduceLrOnPlateau",
    name: "on plateau",
    group: "Down",
    help: "Down by a factor when the validation loss has not improved for some epochs.",
    rate: begin,
    isCallback: true,
    fields: [
      factor("factor", "Factor", "What it is multiplied by.", 0.1),
      {
        ...whole(
          "patience",
          "Patience, epochs",
          "Epochs in a row without an improvement before it is lowered.",
          1,
          2,
        ),
        main: true,
      },
      whole("cooldown", "Cool-down, epochs", "Epochs after that during which nothing is counted.", 0, 0),
    ],
  },
];

/** The entry of a schedule; one that nobody knows is taken for the first. */
export function schedule(type: string): ScheduleKind {
  return scheduleKinds.find((kind) => kind.type === type) ?? (scheduleKinds[0] as ScheduleKind);
}
