/** What computes. */
export interface EngineInfo {
  /**
   * The build of the engine: `relaxed` fuses multiplications with additions where the processor can and
   * needs a browser with relaxed SIMD; `baseline` gives the same bits everywhere.
   */
  build: "baseline" | "relaxed";
}
