/** Starts the engine: fetches the WebAssembly file and says in words what is wrong with it. */
import { messageOf, TabgradError } from "../errors.js";
import init from "../generated/tabgrad.js";

/** Starts the engine from the bytes of its file. */
export async function startEngine(url: string, read: (url: string) => Promise<Uint8Array>): Promise<void> {
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
    await init({ module_or_path: module });
  } catch (error) {
    throw new TabgradError(
      "wasm",
      `The engine from ${url} cannot run here: ${messageOf(error)}. Needed are WebAssembly with SIMD, and 'wasm-unsafe-eval' in script-src where there is a content security policy.`,
    );
  }
}

function missing(url: string, reason: string): TabgradError {
  return new TabgradError(
    "wasm",
    `The engine's file ${url} cannot be used: ${reason}. Copy tabgrad_bg.wasm from the package's dist folder there, or say where it is by configure({ wasmUrl }).`,
  );
}
