/** Which build of the engine runs here. */
import type { EngineFiles, Urls } from "./protocol.js";

/** The smallest module with a relaxed multiply-add: (v128) -> v128, its argument thrice. */
const RELAXED_PROBE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic number, version
  ...[0x01, 0x06, 0x01, 0x60, 0x01, 0x7b, 0x01, 0x7b], // one type: v128 -> v128
  ...[0x03, 0x02, 0x01, 0x00], // one function of it
  ...[0x0a, 0x0d, 0x01, 0x0b, 0x00], // its code, without locals
  ...[0x20, 0x00, 0x20, 0x00, 0x20, 0x00, 0xfd, 0x85, 0x02, 0x0b], // f32x4.relaxed_madd
);

/** The fastest build that runs here. */
export function fastest({ baseline, relaxed }: Urls["wasm"]): EngineFiles {
  return relaxed !== undefined && WebAssembly.validate(RELAXED_PROBE) ? relaxed : baseline;
}
