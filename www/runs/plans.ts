/** What is remembered of a run besides what the package keeps of it: enough for its place to call the same `fit` again. */
import type { Place } from "../frame/router.svelte";
import { forget, remember, remembered } from "../shared/settings";

/** As its place remembers it, with whatever that needs. */
export interface Plan {
  place: Place;
  /** Of the run and, in the end, of its model. */
  name: string;
}

const key = (name: string) => `plan.${name}`;

export function keepPlan<P extends Plan>(plan: P): void {
  remember(key(plan.name), plan);
}

export function forgetPlan(name: string): void {
  forget(key(name));
}

/** Of the run of this name, if its place can make something of it. */
export function planOf<P extends Plan>(
  name: string,
  place: P["place"],
  isSound: (plan: P) => boolean,
): P | undefined {
  return remembered(key(name), (value) => {
    const plan = value as P | null;
    return plan?.place === place && plan.name === name && isSound(plan) ? plan : undefined;
  });
}

/** Where the run of this name is gone on with, if that is known. */
export function placeOf(name: string): Place | undefined {
  return remembered(key(name), (value) => {
    const place = (value as Plan | null)?.place;
    return place === "train" || place === "write" || place === "rebuild" ? place : undefined;
  });
}
