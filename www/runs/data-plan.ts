/** The data that runs begin with, and go on with. */
import { catalog } from "../data/catalog.svelte";
import type { Plan } from "./plans";

/** Of a run that learns from a dataset. */
export interface DataPlan extends Plan {
  datasetId: string;
  /** Missing in plans of earlier versions of the page. */
  datasetName?: string | undefined;
}

/** The dataset that is chosen now, as plans have it. */
export function chosenData(): Pick<DataPlan, "datasetId" | "datasetName"> {
  return { datasetId: catalog.chosenId, datasetName: catalog.chosen?.name };
}

/**
 * Chooses the dataset of a run: its own, or one of its name, as it has been added again. Whether that holds the same is
 * seen to when the run goes on. Resolves to why there is none, in words.
 */
export async function chooseDataOf({ name, datasetId, datasetName }: DataPlan): Promise<string> {
  if (!catalog.has(datasetId)) await catalog.findStored();
  const found =
    catalog.entries.find(({ id }) => id === datasetId) ??
    catalog.entries.find((entry) => entry.name === datasetName);
  if (!found) {
    const which = datasetName
      ? `The dataset ${datasetName}, which ${name} learns from,`
      : `The dataset of ${name}`;
    return `${which} is not in this browser any more. Add it again under that name, or export the model on the Models place.`;
  }
  catalog.choose(found.id);
  return "";
}
