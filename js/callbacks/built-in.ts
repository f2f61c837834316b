/** The callbacks that come with the package, as they are loaded with the first run. */
export { csvLogger } from "./csv-logger.js";
export { earlyStopping } from "./early-stopping.js";
export { learningRateScheduler, reduceLrOnPlateau } from "./learning-rate.js";
export { modelCheckpoint } from "./model-checkpoint.js";
