/** Answers what else is asked of models. */
import { TabgradError } from "../errors.js";
import {
  inspect,
  layerTypes,
  shardCount,
  type Dataset as WasmDataset,
  Generation as WasmGeneration,
  Model as WasmModel,
} from "../generated/tabgrad.js";
import type { ModelSource, Params } from "../protocol.js";
import type { EvaluationDetails } from "../types/training.js";
import { classWeights } from "./class-weight.js";
import { detailsOf, evaluate } from "./evaluating.js";
import { addModel } from "./first.js";
import { train } from "./fitting.js";
import { numbersOf } from "./history.js";
import type { RestPlatform } from "./platform.js";
import { withSamples } from "./samples.js";
import type { Handlers } from "./serve.js";
import type { ModelEntry, Session } from "./session.js";
import type { Team } from "./team/team.js";
import { takeTurns } from "./yielding.js";

type ModelHandlers = Pick<
  Handlers,
  | "createModel"
  | "cloneModel"
  | "compile"
  | "setTrainable"
  | "describe"
  | "fit"
  | "command"
  | "trainOnBatch"
  | "evaluate"
  | "evaluateDetails"
  | "generate"
  | "plan"
  | "memory"
  | "getWeights"
  | "setWeights"
  | "inspect"
  | "layerTypes"
>;

/** The handlers of everything but files, and but a first prediction. */
export function modelHandlers(session: Session, team: Team, platform: RestPlatform): ModelHandlers {
  const get = (id: number) => session.models.get(id);
  return {
    inspect: ({ spec }) => inspect(spec),
    layerTypes: () => layerTypes(),

    createModel({ id, source, compiled }) {
      const model = fromSource(source);
      if (compiled) model.compile(compiled);
      return addModel(session, id, model);
    },

    cloneModel({ id, newId }) {
      const copy = WasmModel.load(get(id).model.save(false));
      const info = addModel(session, newId, copy);
      session.snapshot(get(newId));
      return info;
    },

    compile({ id, spec }) {
      const entry = idle(get(id), "compile");
      entry.model.compile(spec);
      // Copies of it measure by what it was compiled with before.
      entry.revision += 1;
    },

    setTrainable({ id, layers, trainable }) {
      const entry = idle(get(id), "setTrainable");
      entry.model.setTrainable(layers, trainable);
      entry.spec = entry.model.spec();
      entry.revision += 1;
      // What the page keeps of it is the specification of before.
      session.snapshot(entry);
    },

    describe({ id, classNames, preprocessing }) {
      const { model } = get(id);
      if (classNames) model.setClassNames(classNames);
      if (preprocessing) model.setPreprocessing(preprocessing);
      session.snapshotSoon(get(id));
    },

    fit: (params, context) => train({ session, team, platform }, params, context),

    command({ run, command }) {
      const control = session.runs.get(run);
      if (control || command.type !== "keep") return control?.command(command);
      throw new TabgradError("argument", "run.keep: the run is over.");
    },

    async trainOnBatch({ id, data, classWeight }) {
      const entry = idle(get(id), "trainOnBatch");
      const { model } = entry;
      const train = (dataset: WasmDataset) => {
        const weights = classWeight && classWeights("trainOnBatch", classWeight, model, dataset);
        return numbersOf(model.trainOnBatch(dataset, weights));
      };
      const logs = await withSamples(session, entry, data, train);
      entry.revision += 1;
      session.snapshotSoon(entry);
      return logs;
    },

    async evaluate(params, context) {
      const { logs, warnings } = await evaluated(session, team, params, false, context);
      return { logs, warnings };
    },

    async evaluateDetails(params, context): Promise<EvaluationDetails> {
      const report = await evaluated(session, team, params, true, context);
      return detailsOf(report, get(params.id).model.classNames());
    },

    async generate({ id, prompt, length, spec }, context) {
      const { model } = get(id);
      const generation = new WasmGeneration(model, prompt, spec);
      try {
        for (let written = 0; written < length; written += 1) {
          generation.advance(model);
          await takeTurns(context, () => context.emit(generation.text(model)));
        }
        return generation.text(model);
      } finally {
        generation.free();
      }
    },

    plan: ({ id, batchSize, training }) => get(id).model.plan(batchSize, training),

    memory({ id, batchSize }) {
      const { model } = get(id);
      const parameters = model.parameterBytes();
      const prediction = model.plan(batchSize, false).bytes;
      const training = model.plan(batchSize, true).bytes + model.trainerBytes();
      const workers = team.most(shardCount(batchSize));
      // The model is there twice: its file is written after each epoch, and peers evaluate a copy.
      const fit = workers * (2 * parameters + training + prediction);
      return { parameters, prediction, training, workers, fit };
    },

    getWeights: ({ id }) => get(id).model.weights(),

    setWeights({ id, weights, what }) {
      const entry = what === undefined ? get(id) : idle(get(id), what);
      // Where one is refused, others may have been taken.
      entry.revision += 1;
      for (const { name, data, shape } of weights) {
        entry.model.setWeight(name, data, shape ? Uint32Array.from(shape) : undefined);
      }
      session.snapshotSoon(entry);
    },
  };
}

function fromSource(source: ModelSource): WasmModel {
  return "spec" in source ? new WasmModel(source.spec) : WasmModel.load(source.file);
}

/** A model that is not being trained. */
export function idle(entry: ModelEntry, what: string): ModelEntry {
  if (entry.run)
    throw new TabgradError("argument", `${what}: the model is being trained; wait for the run or stop it.`);
  return entry;
}

function evaluated(
  session: Session,
  team: Team,
  { id, data, batchSize }: Params<"evaluate">,
  details: boolean,
  context: Parameters<Handlers["evaluate"]>[1],
) {
  const entry = session.models.get(id);
  const onProgress = (done: number, total: number) => context.emit({ done, total, unit: "samples" });
  return withSamples(session, entry, data, (dataset) =>
    evaluate(team, entry, dataset, batchSize, details, context, onProgress),
  );
}
