/** Starts the engine: chooses its build, fetches its files and says in words what is wrong with them. */
import { fastest } from "../builds.js";
import { messageOf, TabgradError } from "../errors.js";
import * as glue from "../generated/tabgrad_bg.js";
import type { EngineFiles, EngineMessage, Urls } from "../protocol.js";
import type { WorkerPlatform } from "./platform.js";

/** What both parts import from JavaScript. */
const IMPORTS = { "./tabgrad_bg.js": glue as unknown as WebAssembly.ModuleImports };
/** Begins the name under which the rest of one build imports from the first part of the same. */
const IDENTITY = "rest:id:";

/** The engine as it is compiled, for other workers. */
export interface EngineModules {
  first: WebAssembly.Module;
  rest: WebAssembly.Module;
}

/** Starts the fastest build that runs here; `compiled` is its first part where the page has compiled it. */
export async function startEngine(
  wasm: Urls["wasm"],
  platform: WorkerPlatform,
  compiled?: Promise<EngineMessage>,
): Promise<Engine> {
  const files = fastest(wasm);
  try {
    const sent = await compiled;
    return await Engine.start(files, platform, sent?.url === files.first ? sent.first : undefined);
  } catch (error) {
    // Whoever copies files about may have left it behind: the other does the same work.
    if (files === wasm.baseline) throw error;
    return Engine.start(wasm.baseline, platform);
  }
}

/** Starts the engine from what another worker compiled. */
export async function useEngine({ first, rest }: EngineModules): Promise<void> {
  // With the rest there before anything runs, there is nothing to load.
  const exports = await instantiate(first, () => {});
  useBoth(exports, await WebAssembly.instantiate(rest, importsOf(rest, exports)));
  begin(exports);
}

/**
 * The engine in two parts (xtask/src/split): what the first prediction runs, and the rest. Where a call
 * leads into a function that is not there yet, the rest is loaded while the call waits, so `complete` only
 * spares that waiting.
 */
export class Engine {
  #files: EngineFiles;
  #platform: WorkerPlatform;
  #first: WebAssembly.Module;
  #exports: WebAssembly.Exports = {};
  #rest: WebAssembly.Module | undefined;
  #both: WebAssembly.Exports | undefined;
  #completing: Promise<WebAssembly.Module> | undefined;

  private constructor(files: EngineFiles, platform: WorkerPlatform, first: WebAssembly.Module) {
    this.#files = files;
    this.#platform = platform;
    this.#first = first;
  }

  /** Starts the first part. */
  static async start(
    files: EngineFiles,
    platform: WorkerPlatform,
    compiled?: WebAssembly.Module,
  ): Promise<Engine> {
    const url = files.first;
    const bytes = compiled ? undefined : checked(await read(url, platform), url);
    try {
      const first = compiled ?? (await WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>));
      const engine = new Engine(files, platform, first);
      engine.#exports = await instantiate(engine.#first, () => engine.#completeNow());
      useFirst(engine.#exports, () => engine.#completeNow());
      begin(engine.#exports);
      return engine;
    } catch (error) {
      throw new TabgradError(
        "wasm",
        `The engine from ${url} cannot run here: ${messageOf(error)}. Needed are WebAssembly with SIMD, and 'wasm-unsafe-eval' in script-src where there is a content security policy.`,
      );
    }
  }

  /** Loads the rest, if it is not there yet. */
  async complete(): Promise<EngineModules> {
    this.#completing ??= this.#load().catch((error) => {
      // The next call tries anew: the file may be there by then.
      this.#completing = undefined;
      throw error;
    });
    return { first: this.#first, rest: await this.#completing };
  }

  async #load(): Promise<WebAssembly.Module> {
    if (this.#rest) return this.#rest;
    const url = this.#files.rest;
    const bytes = checked(await read(url, this.#platform), url);
    const rest = await WebAssembly.compile(bytes);
    this.#add(rest);
    return rest;
  }

  /** Called from within the engine, by what is missing, or by the glue. */
  #completeNow(): WebAssembly.Exports {
    const { rest } = this.#files;
    try {
      return this.#add(new WebAssembly.Module(checked(readNow(rest, this.#platform), rest)));
    } catch (cause) {
      // The engine is in the middle of a call that cannot go on: this counts as a trap.
      throw Object.assign(new WebAssembly.RuntimeError(messageOf(cause)), { cause });
    }
  }

  /** Both ways of loading may be under way: only the first to be there is used. */
  #add(rest: WebAssembly.Module): WebAssembly.Exports {
    if (this.#both) return this.#both;
    try {
      this.#both = useBoth(this.#exports, new WebAssembly.Instance(rest, importsOf(rest, this.#exports)));
    } catch (error) {
      throw missing(this.#files.rest, `it does not belong to ${this.#files.first} (${messageOf(error)})`);
    }
    this.#rest = rest;
    return this.#both;
  }
}

/** Instantiates the first part; `load` is called by what is missing. */
async function instantiate(first: WebAssembly.Module, load: () => void): Promise<WebAssembly.Exports> {
  return (await WebAssembly.instantiate(first, { ...IMPORTS, rest: { load } })).exports;
}

/** What the rest imports: of the first part what that exports, and functions by their slots in its table. */
function importsOf(rest: WebAssembly.Module, exports: WebAssembly.Exports): WebAssembly.Imports {
  const table = exports[":t0"] as WebAssembly.Table;
  const named = WebAssembly.Module.imports(rest).filter(({ name }) => name.startsWith(":f"));
  const functions = named.map(({ name }) => [name, table.get(Number(name.slice(2)))]);
  return { ...IMPORTS, [identity(exports)]: { ...exports, ...Object.fromEntries(functions) } };
}

/** Has the glue call the first part; `load` is asked for what that does not export. */
function useFirst(exports: WebAssembly.Exports, load: () => WebAssembly.Exports): void {
  const others = new Proxy({}, { get: (_, name) => load()[name as string] });
  glue.__wbg_set_wasm(Object.assign(Object.create(others), exports));
}

/** Has the glue call both parts. */
function useBoth(exports: WebAssembly.Exports, rest: WebAssembly.Instance): WebAssembly.Exports {
  const both = { ...exports, ...rest.exports };
  glue.__wbg_set_wasm(both);
  return both;
}

/** The first that runs. */
function begin(exports: WebAssembly.Exports): void {
  (exports.__wbindgen_start as () => void)();
}

function identity(exports: WebAssembly.Exports): string {
  return Object.keys(exports).find((name) => name.startsWith(IDENTITY)) ?? "";
}

async function read(url: string, platform: WorkerPlatform): Promise<Uint8Array> {
  try {
    return await platform.read(url);
  } catch (error) {
    throw missing(url, messageOf(error));
  }
}

/** The same while everything waits. */
function readNow(url: string, platform: WorkerPlatform): Uint8Array {
  try {
    return platform.readNow(url);
  } catch (error) {
    throw missing(url, messageOf(error));
  }
}

/** Servers of single-page applications answer every address with their own page. */
function checked(bytes: Uint8Array, url: string): Uint8Array<ArrayBuffer> {
  if (bytes[0] !== 0 || bytes[1] !== 0x61 || bytes[2] !== 0x73 || bytes[3] !== 0x6d) {
    const start = new TextDecoder().decode(bytes.subarray(0, 16)).trim();
    throw missing(url, `it is not WebAssembly (it begins with ${JSON.stringify(start)})`);
  }
  return bytes as Uint8Array<ArrayBuffer>;
}

function missing(url: string, reason: string): TabgradError {
  return new TabgradError(
    "wasm",
    `The engine's file ${url} cannot be used: ${reason}. Copy tabgrad_bg.wasm and tabgrad_rest.wasm from the package's dist folder there (and tabgrad_relaxed_bg.wasm with tabgrad_relaxed_rest.wasm), or say where they are by configure({ wasmUrl }).`,
  );
}
