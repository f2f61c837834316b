/** What computes. */
export interface EngineInfo {
  /**
   * The build of the engine: `relaxed` fuses multiplications with additions where the processor can and
   * needs a browser with relaxed SIMD; `baseline` gives the same bits everywhere.
   */
  build: "baseline" | "relaxed";
  /** Workers that have been started and can compute; they start at the first long work. */
  workers: number;
  /** The most that there will be: what `configure` allows, or a worker for each core. */
  mostWorkers: number;
  /** Cores that the machine offers. */
  cores: number;
  /** How workers talk to each other. */
  transport: "messages" | "sharedMemory";
  /** Whether memory can be shared: in pages that are cross-origin isolated, and in Node. */
  isolated: boolean;
}
