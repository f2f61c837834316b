/**
 * The one worker that computes, seen from outside: started at the first call, thrown away and replaced
 * when it fails. What should outlive a failure is kept here: the last consistent state of each model.
 */
import { fastest } from "./builds.js";
import { useConfiguration, type WasmUrls } from "./config.js";
import { type CallOptions, Connection } from "./connection.js";
import { TabgradError, throwIfAborted } from "./errors.js";
import { type EngineUrls, type Platform, platform } from "./platform/platform.js";
import type { Method, Methods, ModelSource, Params, Result, Urls } from "./protocol.js";
import type { TrainerSpec } from "./types/specs.js";
import { nameIn } from "./urls.js";

/** What a model comes back from. */
interface Kept {
  /** Missing until there is something to come back to. */
  source?: ModelSource;
  compiled?: TrainerSpec;
}

const RESCUE_TIMEOUT = 10_000;

const kept = new Map<number, Kept>();
let lastId = 0;
let current: Promise<Engine> | undefined;

/** A new number for a model, a dataset or a run. */
export function newId(): number {
  lastId += 1;
  return lastId;
}

/** Says from what a model comes back if the engine has to be replaced. */
export function keep(model: number, state: Kept): void {
  kept.set(model, state);
}

/** Adds what `compile` chose. */
export function keepCompiled(model: number, compiled: TrainerSpec): void {
  const state = kept.get(model);
  if (state) state.compiled = compiled;
}

/** Forgets a model that was disposed of. */
export function forget(model: number): void {
  kept.delete(model);
}

/** Calls the worker. */
export async function call<M extends Method>(
  method: M,
  params: Params<M>,
  options: CallOptions = {},
): Promise<Result<M>> {
  throwIfAborted(options.signal);
  current ??= connect([], fileOf(params));
  const connection = await current;
  return connection.call(method, params, options);
}

/** Calls the worker if there is one; for what needs no answer. */
export function tell<M extends Method>(method: M, params: Params<M>): void {
  void current?.then((connection) => connection.call(method, params, {})).catch(() => {});
}

/** The address of a file that a call wants: it is fetched while the engine starts. */
function fileOf(params: object): string | undefined {
  const { from } = params as Partial<Params<"loadModel">>;
  return from && "url" in from && nameIn(from.url) === undefined ? from.url : undefined;
}

type Engine = Connection<Methods>;

/** A dataset as it survives the engine that it was in. */
export type Rescued = Result<"rescueDatasets">[number];

async function connect(datasets: readonly Rescued[], ahead?: string): Promise<Engine> {
  let connection: Engine | undefined;
  try {
    connection = newConnection(ahead);
    // With nothing to come back to, the first call need not wait until the worker says that it is there.
    if (datasets.length === 0 && ![...kept.values()].some(({ source }) => source)) return connection;
    await connection.started;
    // A model that cannot come back must not take the others along: its next use says what is wrong.
    for (const { id, ...origin } of datasets) {
      const made =
        "parts" in origin
          ? connection.call("createDataset", { id, parts: origin.parts }, {})
          : connection.call("openRecords", { id, ...origin.stored }, {});
      await made.catch(() => {});
    }
    for (const [id, { source, compiled }] of kept) {
      if (!source) continue;
      await connection
        .call("createModel", { id, source, ...(compiled ? { compiled } : {}) }, {})
        .catch(() => {});
    }
  } catch (error) {
    connection?.close();
    // The next call tries anew: the file may be there by then.
    current = undefined;
    throw error;
  }
  return connection;
}

function newConnection(ahead: string | undefined): Engine {
  const here = platform();
  const { workerUrl, workers, transport } = useConfiguration();
  const url = workerUrl === undefined ? here.workerUrl() : here.resolve(String(workerUrl));
  // Who puts the worker elsewhere puts its rest beside it; beside a blob there is nothing.
  const restUrl =
    workerUrl === undefined || url.protocol === "blob:"
      ? here.workerRestUrl()
      : new URL("worker-rest.js", url);
  const wasm = wasmUrls();
  const connection: Engine = new Connection<Methods>({
    start: (listener) => here.startWorker(url, listener),
    message: { urls: { wasm, rest: restUrl.href }, workers, transport, ahead },
    cannotStart: (reason) => workerFailure(reason, url),
    died,
    onPoisoned: (error) => replace(connection, error),
    onSnapshot({ model, file }) {
      const state = kept.get(model);
      if (state) state.source = { file };
    },
    onEnd() {
      void current?.then(
        (other) => {
          if (connection === other) current = undefined;
        },
        () => {},
      );
    },
  });
  // While the worker starts. What is wrong with the file is said by the worker, which then reads it itself.
  const first = fastest(wasm).first;
  void here
    .compile?.(first)
    .catch(() => undefined)
    .then((compiled) => connection.send({ type: "engine", url: first, first: compiled }));
  return connection;
}

/** The engine's memory is not to be trusted any more: take over what can be read, start a new one. */
function replace(connection: Engine, error: TabgradError): void {
  if (connection.ended) return;
  const rescued = connection.call("rescueDatasets", {}, {});
  const timeout = new Promise<[]>((resolve) => setTimeout(resolve, RESCUE_TIMEOUT, []));
  const datasets = Promise.race([rescued, timeout]).catch(() => []);
  current = datasets.then((found) => {
    connection.fail(error);
    return connect(found);
  });
  current.catch(() => {});
}

/** Where the worker finds the builds that it may run. */
function wasmUrls(): Urls["wasm"] {
  const here = platform();
  const { wasmUrl, deterministic } = useConfiguration();
  const given = typeof wasmUrl === "string" || wasmUrl instanceof URL ? { baseline: wasmUrl } : wasmUrl;
  const { baseline, relaxed } = given ? placed(given, here) : here.wasmUrls();
  const files = ({ first, rest }: EngineUrls) => ({ first: first.href, rest: rest.href });
  return { baseline: files(baseline), ...(relaxed && !deterministic ? { relaxed: files(relaxed) } : {}) };
}

/** The files where the program put them: those of a build side by side if it says nothing else. */
function placed(given: WasmUrls, { resolve }: Platform): { baseline: EngineUrls; relaxed?: EngineUrls } {
  const both = (at: string | URL, restAt: string | URL | undefined, name: string): EngineUrls => {
    const first = resolve(String(at));
    return { first, rest: restAt === undefined ? new URL(name, first) : resolve(String(restAt)) };
  };
  return {
    baseline: both(given.baseline, given.baselineRest, "tabgrad_rest.wasm"),
    ...(given.relaxed !== undefined
      ? { relaxed: both(given.relaxed, given.relaxedRest, "tabgrad_relaxed_rest.wasm") }
      : {}),
  };
}

function died(reason: string): TabgradError {
  return new TabgradError(
    "internal",
    `The worker ended: ${reason}. Models go on from their last complete epoch; datasets must be made again.`,
  );
}

function workerFailure(reason: string, url: URL): TabgradError {
  return new TabgradError(
    "wasm",
    `The worker ${url.href} failed: ${reason}. If the file is not there, copy worker.js and worker-rest.js from the package's dist folder, or say where it is by configure({ workerUrl }). A content security policy must allow it by worker-src 'self', and by trusted-types tabgrad where it requires Trusted Types.`,
  );
}
