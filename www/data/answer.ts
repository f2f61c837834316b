/** What a network is to say of a sample: one of so many classes, or a number with this mean and deviation. */
export type Answer = { classes: number } | NumberAnswer;

export interface NumberAnswer {
  mean: number;
  deviation: number;
}

export function isNumber(answer: Answer): answer is NumberAnswer {
  return "deviation" in answer;
}

/** Digits that are worth keeping of what numbers are scaled by. */
const DIGITS = 6;

/** By the numbers to be estimated; where all are the same, deviations are told as they are. */
export function scaleOf(targets: ArrayLike<number>): NumberAnswer {
  const { mean, deviation } = momentsOf(targets);
  const rounded = (value: number) => Number(value.toPrecision(DIGITS));
  return { mean: rounded(mean), deviation: deviation > 0 ? rounded(deviation) : 1 };
}

/** Mean and standard deviation, in two passes; zeros where there are no values. */
export function momentsOf(values: ArrayLike<number>): NumberAnswer {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  const mean = values.length > 0 ? sum / values.length : 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += ((values[i] as number) - mean) ** 2;
  return { mean, deviation: values.length > 0 ? Math.sqrt(squares / values.length) : 0 };
}
