import { notices } from "../frame/notices.svelte";
import { models } from "../models/models.svelte";
import { elsewhere } from "./elsewhere.svelte";
import { keptRuns } from "./kept-runs.svelte";

/** Follows what other tabs train, and tells them what this one does. */
export function followOthers(): void {
  elsewhere.onTold = (name) => keptRuns.goesOn(name);
  elsewhere.onOver = async (name, done) => {
    if (done) notices.show(`${name} was trained to its end in another tab.`);
    await Promise.all([keptRuns.refresh(), models.refresh()]);
  };
  elsewhere.start();
}
