/** The callbacks that come with the package, as they are loaded with the first run. */
import { csvLogger } from "./csv-logger.js";
import { earlyStopping } from "./early-stopping.js";
import { learningRateScheduler, reduceLrOnPlateau } from "./learning-rate.js";
import { modelCheckpoint } from "./model-checkpoint.js";

/** By name; one object, since a module as a value would take a file more to load. */
export const builtIn: {
  csvLogger: typeof csvLogger;
  earlyStopping: typeof earlyStopping;
  learningRateScheduler: typeof learningRateScheduler;
  modelCheckpoint: typeof modelCheckpoint;
  reduceLrOnPlateau: typeof reduceLrOnPlateau;
} = { csvLogger, earlyStopping, learningRateScheduler, modelCheckpoint, reduceLrOnPlateau };
