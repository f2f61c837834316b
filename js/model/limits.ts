/** Penalties and limits on weights by the names that they have in Keras. */
import type { Constraint, Regularizer } from "../types/specs.js";

/**
 * Penalties on weights, which become part of the loss: give one as `kernelRegularizer`, `biasRegularizer`,
 * `recurrentRegularizer` or, of whatever parameter a layer has, `<parameter>Regularizer`. A plain
 * `{ l1, l2 }` does as well.
 */
export const regularizers = {
  /** Each weight costs its size times `l1`. */
  l1: (l1 = 0.01): Regularizer => ({ l1 }),
  /** Each weight costs its square times `l2`. */
  l2: (l2 = 0.01): Regularizer => ({ l2 }),
  /** Both. */
  l1L2: ({ l1 = 0.01, l2 = 0.01 }: Regularizer = {}): Regularizer => ({ l1, l2 }),
};

/**
 * Limits that weights keep to after every update: give one as `kernelConstraint`, `biasConstraint` or
 * `<parameter>Constraint`.
 */
export const constraints = {
  /**
   * Weights are scaled down where their norm over `axis` (one or several) is above `maxValue`. Without
   * `axis` there is one norm for each output.
   */
  maxNorm: ({ maxValue = 2, axis }: { maxValue?: number; axis?: number | number[] } = {}): Constraint => ({
    maxNorm: maxValue,
    ...(axis === undefined ? {} : { axis: [axis].flat() }),
  }),
};
