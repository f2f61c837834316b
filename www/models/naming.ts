/** Names of models, which no two of them share, and no model and a run that is to become one. */
import { listModels, listRuns } from "tabgrad";
import { SHIPPED } from "./current.svelte";

interface Named {
  readonly name: string;
}

/** All names that are taken. */
export function takenBy(models: readonly Named[], runs: readonly Named[]): ReadonlySet<string> {
  return new Set([SHIPPED, ...[...models, ...runs].map(({ name }) => name)]);
}

/** `wanted`, or with a number behind it if that is taken. */
export function freeAmong(taken: ReadonlySet<string>, wanted: string): string {
  let name = wanted;
  for (let n = 2; taken.has(name); n++) name = `${wanted} ${n}`;
  return name;
}

/** Why a name cannot be given, in words; empty if it can. */
export function refusalAmong(taken: ReadonlySet<string>, name: string): string {
  return taken.has(name) ? `There is already a model called ${name}. Choose another name.` : "";
}

/**
 * Does what gives a model a name, by the names that are taken at that moment: one tab at a time. That of the run `of`
 * which the model comes from is not.
 */
export async function naming<T>(action: (taken: ReadonlySet<string>) => Promise<T>, of?: string): Promise<T> {
  const decided = async () => {
    const [models, runs] = await Promise.all([listModels(), listRuns()]);
    return action(
      takenBy(
        models,
        runs.filter(({ name }) => name !== of),
      ),
    );
  };
  const locks: LockManager | undefined = navigator.locks;
  return locks ? locks.request("tabgrad names", decided) : decided();
}
