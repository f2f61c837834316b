/** What is known of a kept run besides how far it is: enough for its place to call the same `fit` again. */
import type { KeptRun } from "tabgrad";
import type { Place } from "../frame/router.svelte";
import { forget, remember, remembered } from "../shared/settings";

/** The package keeps it with the run, as its place wants it, with whatever that needs. */
export interface Plan {
  place: Place;
  /** Of the run and, in the end, of its model. */
  name: string;
}

export type Planned = Pick<KeptRun, "name" | "note">;

/** Where earlier versions of the page kept the plan of a run. */
const keyOf = (name: string) => `plan.${name}`;
const outcomeKey = (name: string) => `outcome.${name}`;

/** Of a kept run, if its place can make something of it. */
export function planOf<P extends Plan>(
  { name, note }: Planned,
  place: P["place"],
  isSound: (plan: P) => boolean,
): P | undefined {
  const checked = (value: unknown) => {
    const plan = value as P | null | undefined;
    return plan?.place === place && plan.name === name && isSound(plan) ? plan : undefined;
  };
  return checked(note) ?? remembered(keyOf(name), checked);
}

/** Where a kept run is gone on with, if that is known. */
export function placeOf({ name, note }: Planned): Place | undefined {
  const checked = (value: unknown) => {
    const place = (value as Plan | null | undefined)?.place;
    return place === "train" || place === "write" || place === "rebuild" ? place : undefined;
  };
  return checked(note) ?? remembered(keyOf(name), checked);
}

/** Remembers how a run ended, in words, until its model is saved: who goes on after the end has only the model. */
export function keepOutcome(name: string, outcome: string): void {
  remember(outcomeKey(name), outcome);
}

export function outcomeOf(name: string): string {
  return remembered(outcomeKey(name), (value) => (typeof value === "string" ? value : undefined)) ?? "";
}

/** Forgets what is remembered of a run that is over. */
export function forgetRun(name: string): void {
  forget(keyOf(name));
  forget(outcomeKey(name));
}
