import { type ModelMemory, modelFromSpec } from "tabgrad";
import { catalog } from "../data/catalog.svelte";
import { engine } from "../shared/engine.svelte";
import { explain } from "../shared/problem";
import { network } from "./network/network.svelte";
import { compiledWith } from "./settings/recipe";
import { settings } from "./settings/settings.svelte";

/** Milliseconds without a change after which it is asked. */
const SETTLED = 250;

/** What the run would take as it is set up, told before it takes it. */
class RunMemory {
  needed = $state.raw<ModelMemory | undefined>();
  /** Why it cannot be had, in words; empty if nothing speaks against it. */
  problem = $state("");
  #asked = 0;

  /** Asks for the network and the settings as they are; returns how to call it off. */
  ask(): () => void {
    const spec = network.specWith(settings.run.seed);
    const run = settings.plain;
    const samples = catalog.chosen?.train?.length ?? 0;
    const { answer } = network;
    const asked = ++this.#asked;
    const timer = setTimeout(async () => {
      const model = modelFromSpec(spec);
      try {
        model.compile(compiledWith(run, answer, samples));
        const [needed] = await Promise.all([model.memory({ batchSize: run.batchSize }), engine.refresh()]);
        this.#settle(asked, needed, "");
      } catch (error) {
        this.#settle(asked, undefined, explain(error));
      } finally {
        model.dispose();
      }
    }, SETTLED);
    return () => clearTimeout(timer);
  }

  #settle(asked: number, needed: ModelMemory | undefined, problem: string): void {
    if (asked !== this.#asked) return;
    this.needed = needed;
    this.problem = problem;
  }
}

export const memory = new RunMemory();
