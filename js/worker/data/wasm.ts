/** Starts the module that reads files. */
import { messageOf, TabgradError } from "../../errors.js";
import * as glue from "../../generated/tabgrad_data_bg.js";

let started: Promise<void> | undefined;

/** Loads the module at the first call. */
export function startData(url: string, read: (url: string) => Promise<Uint8Array>): Promise<void> {
  started ??= start(url, read).catch((error) => {
    // The next call tries anew: the file may be there by then.
    started = undefined;
    throw error;
  });
  return started;
}

async function start(url: string, read: (url: string) => Promise<Uint8Array>): Promise<void> {
  try {
    const bytes = (await read(url)) as Uint8Array<ArrayBuffer>;
    const imports = { "./tabgrad_data_bg.js": glue as unknown as WebAssembly.ModuleImports };
    const { instance } = await WebAssembly.instantiate(bytes, imports);
    glue.__wbg_set_wasm(instance.exports);
    (instance.exports.__wbindgen_start as () => void)();
  } catch (error) {
    throw new TabgradError(
      "wasm",
      `What reads files, ${url}, cannot be used: ${messageOf(error)}. Copy tabgrad_data_bg.wasm from the package's dist folder beside tabgrad_bg.wasm.`,
    );
  }
}
