/** What a program is told of who computes. */
import type { EngineInfo } from "../../types/engine.js";

/** What the program asked for, and what there is. */
export interface Asked {
  /** Workers that the program allows; the number of cores if it says nothing. */
  workers: number | undefined;
  /** How they are to talk; by shared memory where it can be had if the program says nothing. */
  transport: EngineInfo["transport"] | undefined;
  cores: number;
}

export type TeamInfo = Omit<EngineInfo, "build">;

/** A worker without peers. */
export function alone({ workers, transport, cores }: Asked): TeamInfo {
  const isolated = typeof SharedArrayBuffer !== "undefined" && (globalThis.crossOriginIsolated ?? true);
  return {
    workers: 1,
    mostWorkers: workers ?? cores,
    cores,
    transport: isolated && transport !== "messages" ? "sharedMemory" : "messages",
    isolated,
  };
}
