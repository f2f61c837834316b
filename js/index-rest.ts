/** What the page's side does without until something is trained, read or told at length (later.ts). */
export { builtIn } from "./callbacks/built-in.js";
export { useCore } from "./core.js";
export { textDataset } from "./data/continuations.js";
export { ofDataset } from "./data/dataset-rest.js";
export { examined } from "./data/examining.js";
export { exported } from "./data/exporting.js";
export { importFiles, listDatasets, openDataset, removeDataset, renameDataset } from "./data/kept.js";
export { callData } from "./importer.js";
export { makerOfPart } from "./model/after.js";
export { keepRun } from "./model/backup.js";
export { evaluated } from "./model/evaluation.js";
export { exportedModel } from "./model/exporting.js";
export { featuresOf } from "./model/features.js";
export { runFit } from "./model/fit.js";
export { importedFile } from "./model/importing.js";
export { testLearningRates } from "./model/learning-rates.js";
export { summarized } from "./model/summary.js";
export { written } from "./model/writing.js";
