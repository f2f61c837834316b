/** Answers what is asked of models. */
import { TabgradError } from "../errors.js";
import { shardCount, Model as WasmModel } from "../generated/tabgrad.js";
import type { ModelInfo, ModelSource, Params } from "../protocol.js";
import type { EvaluationDetails } from "../types/training.js";
import { detailsOf, evaluate, predict } from "./evaluating.js";
import { historyOf } from "./history.js";
import { withSamples } from "./samples.js";
import type { Handlers } from "./serve.js";
import type { ModelEntry, Session } from "./session.js";
import { train } from "./training.js";

type ModelHandlers = Pick<
  Handlers,
  | "createModel"
  | "cloneModel"
  | "compile"
  | "describe"
  | "fit"
  | "command"
  | "trainOnBatch"
  | "evaluate"
  | "evaluateDetails"
  | "predict"
  | "activations"
  | "prepare"
  | "plan"
  | "memory"
  | "getWeights"
  | "setWeights"
  | "disposeModel"
>;

/** Adds a model under this number. */
export function addModel(session: Session, id: number, model: WasmModel): ModelInfo {
  session.models.add(id, { id, model, spec: model.spec(), revision: 0, run: undefined, timer: undefined });
  return infoOf(model);
}

/** The handlers of everything but files. */
export function modelHandlers(session: Session): ModelHandlers {
  const get = (id: number) => session.models.get(id);
  return {
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

    describe({ id, classNames, preprocessing }) {
      const { model } = get(id);
      if (classNames) model.setClassNames(classNames);
      if (preprocessing) model.setPreprocessing(preprocessing);
      session.snapshotSoon(get(id));
    },

    fit: (params, context) => train(session, params, context),

    command({ run, command }) {
      session.runs.get(run)?.command(command);
    },

    async trainOnBatch({ id, data }) {
      const entry = idle(get(id), "trainOnBatch");
      const logs = await withSamples(session, entry, data, (dataset) => entry.model.trainOnBatch(dataset));
      entry.revision += 1;
      session.snapshotSoon(entry);
      return logs;
    },

    async evaluate(params, context) {
      return (await evaluated(session, params, false, context)).logs;
    },

    async evaluateDetails(params, context): Promise<EvaluationDetails> {
      const report = await evaluated(session, params, true, context);
      return detailsOf(report, get(params.id).model.classNames());
    },

    predict({ id, data, batchSize }, context) {
      const entry = get(id);
      return withSamples(session, entry, data, (dataset) =>
        predict(session.team, entry, dataset, batchSize, context),
      );
    },

    activations({ id, x, layers }) {
      const entry = get(id);
      return withSamples(session, entry, { x }, (dataset) => {
        const tensors = entry.model.activations(dataset, layers);
        return Object.fromEntries(
          layers.map((name, index) => [name, tensors[index] as (typeof tensors)[number]]),
        );
      });
    },

    async prepare({ id, image }) {
      const { data, width, height } = await session.platform.decode(image);
      return get(id).model.prepare(data as Uint8Array, width, height);
    },

    plan: ({ id, batchSize, training }) => get(id).model.plan(batchSize, training),

    memory({ id, batchSize }) {
      const { model } = get(id);
      const parameters = model.parameterBytes();
      const prediction = model.plan(batchSize, false).bytes;
      const training = model.plan(batchSize, true).bytes + model.trainerBytes();
      const workers = session.team.most(shardCount(batchSize));
      // The model is there twice: its file is written after each epoch, and peers evaluate a copy.
      const fit = workers * (2 * parameters + training + prediction);
      return { parameters, prediction, training, workers, fit };
    },

    getWeights: ({ id }) => get(id).model.weights(),

    setWeights({ id, weights }) {
      const entry = get(id);
      for (const { name, data, shape } of weights) {
        entry.model.setWeight(name, data, shape ? Uint32Array.from(shape) : undefined);
      }
      entry.revision += 1;
      session.snapshotSoon(entry);
    },

    disposeModel({ id }) {
      const entry = session.models.take(id);
      if (!entry) return;
      clearTimeout(entry.timer);
      // A run ends first: it holds on to the model between its steps.
      entry.run?.command({ type: "stop" });
      if (entry.run) entry.run.whenEnded(() => entry.model.free());
      else entry.model.free();
    },
  };
}

function infoOf(model: WasmModel): ModelInfo {
  const preprocessing = model.preprocessing();
  const compiled = model.compiled();
  return {
    spec: model.spec(),
    classNames: model.classNames(),
    history: historyOf(model),
    ...(preprocessing ? { preprocessing } : {}),
    ...(compiled ? { compiled } : {}),
  };
}

function fromSource(source: ModelSource): WasmModel {
  return "spec" in source ? new WasmModel(source.spec) : WasmModel.load(source.file);
}

function idle(entry: ModelEntry, what: string): ModelEntry {
  if (entry.run)
    throw new TabgradError("argument", `${what}: the model is being trained; wait for the run or stop it.`);
  return entry;
}

function evaluated(
  session: Session,
  { id, data, batchSize }: Params<"evaluate">,
  details: boolean,
  context: Parameters<Handlers["evaluate"]>[1],
) {
  const entry = session.models.get(id);
  const onProgress = (done: number, total: number) => context.emit({ done, total, unit: "samples" });
  return withSamples(session, entry, data, (dataset) =>
    evaluate(session.team, entry, dataset, batchSize, details, context, onProgress),
  );
}
