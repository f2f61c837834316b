/** What it takes to go on with a run of the Write place. */
import { type Plan, type Planned, planOf } from "../runs/plans";
import { type Choice, kinds, sizes } from "./choice";

/** A run as it was started: the same again is what the package goes on with. */
export interface WritePlan extends Plan {
  place: "write";
  choice: Pick<Choice, "kind" | "size">;
  epochs: number;
  /** What it learns from: the text itself is kept once, as the one that was chosen last. */
  text: { name: string; length: number };
}

/** Of a kept run; undefined if it is of another place. */
export function writePlanOf(kept: Planned): WritePlan | undefined {
  return planOf<WritePlan>(kept, "write", ({ choice, epochs, text }) => {
    const isChosen = choice?.kind in kinds && choice.size in sizes;
    return (
      isChosen && Number.isFinite(epochs) && typeof text?.name === "string" && Number.isFinite(text.length)
    );
  });
}
