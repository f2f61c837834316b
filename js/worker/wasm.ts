/** Starts the engine: chooses its build, fetches the file and says in words what is wrong with it. */
import { messageOf, TabgradError } from "../errors.js";
import init from "../generated/tabgrad.js";
import type { Urls } from "../protocol.js";

/** The smallest module with a relaxed multiply-add: (v128) -> v128, its argument thrice. */
const RELAXED_PROBE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic number, version
  ...[0x01, 0x06, 0x01, 0x60, 0x01, 0x7b, 0x01, 0x7b], // one type: v128 -> v128
  ...[0x03, 0x02, 0x01, 0x00], // one function of it
  ...[0x0a, 0x0d, 0x01, 0x0b, 0x00], // its code, without locals
  ...[0x20, 0x00, 0x20, 0x00, 0x20, 0x00, 0xfd, 0x85, 0x02, 0x0b], // f32x4.relaxed_madd
);

/** Starts the fastest build that runs here; resolves to what was compiled, for other workers. */
export async function startEngine(
  { baseline, relaxed }: Urls["wasm"],
  read: (url: string) => Promise<Uint8Array>,
): Promise<WebAssembly.Module> {
  if (relaxed !== undefined && WebAssembly.validate(RELAXED_PROBE)) {
    // Whoever copies files about may have left it behind: the other does the same work.
    const started = await start(relaxed, read).catch(() => undefined);
    if (started) return started;
  }
  return start(baseline, read);
}

async function start(url: string, read: (url: string) => Promise<Uint8Array>): Promise<WebAssembly.Module> {
  let bytes: Uint8Array;
  try {
    bytes = await read(url);
  } catch (error) {
    throw missing(url, messageOf(error));
  }
  // Servers of single-page applications answer every address with their own page.
  if (bytes[0] !== 0 || bytes[1] !== 0x61 || bytes[2] !== 0x73 || bytes[3] !== 0x6d) {
    const start = new TextDecoder().decode(bytes.subarray(0, 16)).trim();
    throw missing(url, `it is not WebAssembly (it begins with ${JSON.stringify(start)})`);
  }
  try {
    const module = await WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>);
    await useEngine(module);
    return module;
  } catch (error) {
    throw new TabgradError(
      "wasm",
      `The engine from ${url} cannot run here: ${messageOf(error)}. Needed are WebAssembly with SIMD, and 'wasm-unsafe-eval' in script-src where there is a content security policy.`,
    );
  }
}

/** Starts the engine from what another worker compiled. */
export async function useEngine(module: WebAssembly.Module): Promise<void> {
  await init({ module_or_path: module });
}

function missing(url: string, reason: string): TabgradError {
  return new TabgradError(
    "wasm",
    `The engine's file ${url} cannot be used: ${reason}. Copy tabgrad_bg.wasm from the package's dist folder there, or say where it is by configure({ wasmUrl }).`,
  );
}
