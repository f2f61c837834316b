/** Everything that users of the package can name. */
export type * from "./dataset.js";
export type * from "./engine.js";
export type * from "./errors.js";
export type * from "./model.js";
export type * from "./specs.js";
export type * from "./storage.js";
export type * from "./tensors.js";
export type * from "./training.js";
