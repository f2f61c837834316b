import {
  type BatchReport,
  type Callback,
  type CsvLogger,
  callbacks,
  type EpochReport,
  type History,
  type Logs,
} from "tabgrad";
import { KeptTraining } from "../runs/kept-training.svelte";
import type { TrainPlan } from "./plan";
import type { CurveState } from "./plot/curve.svelte";

/** What is kept of the figures with a run, to go on from there. */
interface FiguresState {
  epochsDone: number;
  batches: number;
  learningRate: number;
  logs: Logs;
  curve: CurveState;
  byHand: boolean;
}

/** How far a run is, in figures and as a curve. */
export abstract class Figures extends KeptTraining<TrainPlan> {
  /** Epochs that are through. */
  epochsDone = $state(0);
  learningRate = $state(0);
  /** Its epochs as a table. */
  log = $state.raw<CsvLogger | undefined>();
  /** The numbers of the last epoch. */
  logs = $state.raw<Logs>({});
  /** Whether someone stopped it. */
  protected byHand = false;

  /** Begins anew, behind so many epochs. */
  protected begin({ name, epochsBefore, settings: { epochs, learningRate } }: TrainPlan): void {
    this.reset(name, epochs);
    this.goesOnWithModel = epochsBefore > 0;
    this.epoch = epochsBefore;
    this.epochsDone = epochsBefore;
    this.learningRate = learningRate;
    this.logs = {};
    this.log = callbacks.csvLogger();
    this.byHand = false;
  }

  protected took({ epoch, batch, batches, loss, logs, imagesPerSecond, secondsLeft }: BatchReport): void {
    this.epoch = epoch;
    this.batch = batch + 1;
    this.batches = batches;
    this.rate = imagesPerSecond;
    this.secondsLeft = secondsLeft;
    const { accuracy, meanAbsoluteError = Number.NaN } = logs;
    this.curve.training(this.at, epoch, batch + 1, logs.loss ?? loss, accuracy ?? meanAbsoluteError);
  }

  /** `watched` says how good it is, the smaller the better. */
  protected wentThrough({ epoch, logs }: EpochReport, watched: number | undefined): void {
    this.epochsDone = epoch + 1;
    this.logs = logs;
    this.curve.epoch(epoch + 1, logs.valLoss, logs.valAccuracy ?? logs.valMeanAbsoluteError, watched);
  }

  /** Of a run that is through, of which only the history is left. */
  protected endedWith({ valLoss = [], valAccuracy, valMeanAbsoluteError = [] }: History): void {
    this.epochsDone = valLoss.length;
    for (const [epoch, loss] of valLoss.entries()) {
      this.curve.epoch(epoch + 1, loss, (valAccuracy ?? valMeanAbsoluteError)[epoch]);
    }
  }

  /** Keeps the figures with the run, which goes on with them. */
  protected remembering(): Callback {
    return {
      state: (): FiguresState => {
        const { epochsDone, batches, learningRate, logs, byHand } = this;
        return { epochsDone, batches, learningRate, logs, byHand, curve: this.curve.state };
      },
      restore: (state) => {
        const { curve, byHand, ...figures } = state as FiguresState;
        Object.assign(this, figures);
        this.byHand = byHand;
        this.curve.restore(curve);
      },
    };
  }

  /** Draws where a callback has set the learning rate; `factor` is between that and the one of the settings. */
  protected lowered(factor: number): Callback {
    const rounded = (rate: number) => Number(rate.toPrecision(6));
    return {
      onEpochEnd: ({ epoch }, { learningRate = 0 }) => {
        const rate = rounded(learningRate / factor);
        if (rate === rounded(this.learningRate)) return;
        this.learningRate = rate;
        this.curve.mark(epoch + 1, `learning rate ${rate}`);
      },
    };
  }
}
