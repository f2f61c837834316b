import type { ReadProgress } from "tabgrad";

/** Before anything is known. */
export const BEGUN: ReadProgress = { done: 0, total: 0, unit: "bytes", rate: 0, secondsLeft: undefined };
