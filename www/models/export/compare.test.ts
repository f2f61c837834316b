import type { Dataset, Model } from "tabgrad";
import { expect, it } from "vitest";
import { compare, inWords } from "./compare";

/** A model whose answers are these. */
const model = (answers: number[][]) =>
  ({
    predict: async (some: { indices: number[] }) => ({
      data: some.indices.flatMap((i) => answers[i] as number[]),
      shape: [some.indices.length, answers[0]?.length],
    }),
  }) as unknown as Model;

function dataset(truth: number[], classNames: string[]): Dataset {
  return {
    length: truth.length,
    classNames,
    labels: async () => truth,
    targets: async () => ({ data: truth }),
    subset: async (indices: number[]) => ({ indices, dispose() {} }),
  } as unknown as Dataset;
}

const options = () => ({ signal: new AbortController().signal, onProgress: () => {} });

it("counts right answers and those that differ", async () => {
  const [a, b, c] = [
    [0.9, 0.1],
    [0.2, 0.8],
    [0.4, 0.6],
  ] as const;
  const first = model([[...a], [...b], [...c], [...a]]);
  const second = model([[...a], [...a], [...b], [...a]]);
  const loss = await compare(first, second, dataset([0, 1, 1, 1], ["x", "y"]), options());
  expect(loss).toEqual({ total: 4, differ: 1, before: 0.75, after: 0.5, numbers: false });
  expect(inWords(loss)).toBe("50% in place of 75%, 1 of 4 answers differs");
});

it("compares numbers by what is shown of them", async () => {
  const loss = await compare(model([[1], [2]]), model([[1.000001], [2.5]]), dataset([1, 2], []), options());
  expect(loss).toMatchObject({ differ: 1, before: 0, numbers: true });
  expect(inWords(loss)).toContain("±0.25 in place of ±0");
});

it("can be stopped", async () => {
  const controller = new AbortController();
  controller.abort();
  const stopped = compare(model([[1]]), model([[1]]), dataset([1], []), {
    signal: controller.signal,
    onProgress: () => {},
  });
  await expect(stopped).rejects.toMatchObject({ name: "AbortError" });
});
