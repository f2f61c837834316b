/** Networks for texts with their preparation: trained on files or on a text, kept, and asked at the next visit. */
import { expect, type Page, test } from "@playwright/test";
import type { Classification } from "tabgrad";
import { givePresets, openPage, usePlainPage } from "./plain-page.js";

const plain = usePlainPage();
test.describe.configure({ timeout: 120_000 });
test.beforeEach(({ page }) => givePresets(page));

/** Ids in a sequence. */
const length = 12;

/** Two classes that have no word of their topics in common. */
function letters(): { path: string; text: string }[] {
  const words = {
    garden: ["roses", "soil", "bloom", "seeds", "hedge", "compost", "lawn"],
    kitchen: ["flour", "oven", "butter", "spices", "dough", "saucepan", "salt"],
  };
  return Object.entries(words).flatMap(([kind, words]) =>
    Array.from({ length: 48 }, (_, i) => {
      const word = (n: number) => words[(i * 3 + n * n + n) % words.length];
      const text = `Today the ${word(0)} and some ${word(1)}: then ${word(2)}, with ${word(3)}.`;
      return { path: `letters/${kind}/${i}.txt`, text };
    }),
  );
}

/** What a saved model is asked, from plain to odd. */
const questions = {
  garden: "Then some ROSES, and compost with the soil",
  kitchen: "the dough, then butter: some flour today",
  empty: "",
  spaces: " \n\t ",
  long: "the oven and ".repeat(2000),
  unknown: "qwertz zxcvb asdfgh",
  emoji: "🌹🌻 roses 🌹 hedge 👩‍👩‍👧‍👦",
  otherScript: "今日は薔薇 и немного муки ورد",
  loneSurrogate: "roses \ud83c and soil",
  nul: "butter\u0000flour",
};

async function answers(page: Page, url: string): Promise<{ [question: string]: Classification[] }> {
  return page.evaluate(
    async ({ url, questions }) => {
      const model = await globalThis.tabgrad.loadModel(url);
      const answers = Object.entries(questions).map(async ([name, text]) => [
        name,
        await model.classify(text),
      ]);
      return Object.fromEntries(await Promise.all(answers));
    },
    { url, questions },
  );
}

for (const name of ["lstmClassifier", "textCnn"] as const) {
  test(`${name} learns from files, is kept, and classifies whatever text it is given`, async ({ page }) => {
    const url = `indexeddb://${name}`;
    const trained = await page.evaluate(
      async ({ name, url, list, length, questions }) => {
        const { data, modelFromSpec } = globalThis.tabgrad;
        const files = list.map(({ path, text }) => ({ path, file: new Blob([text]) }));
        const set = await data.fromFiles(files, { preprocessing: { text: { length } } });
        const { vocabulary = [] } = set.preprocessing.text ?? {};
        const preset = globalThis.presets[name]({
          length,
          vocabulary: vocabulary.length + 2,
          classes: set.classNames.length,
          epochs: 6,
        });
        const model = modelFromSpec(preset.spec).compile(preset.compile);
        const { history } = await model.fit(set, { ...preset.fit, batchSize: 16, seed: 1 });
        const answers = Object.entries(questions).map(async ([key, text]) => [
          key,
          await model.classify(text),
        ]);
        const before = Object.fromEntries(await Promise.all(answers));
        await model.save(url);
        // The end of a long text is what is cut.
        const [whole, start] = await Promise.all(
          [questions.long, "the oven and ".repeat(length)].map((text) => model.predict(text)),
        );
        return {
          shape: set.shape,
          accuracy: history.accuracy?.at(-1),
          before,
          cut: [[...(whole?.data ?? [])], [...(start?.data ?? [])]],
          several: (await model.predict(Object.values(questions))).shape,
          wrong: await globalThis.failure(() => model.classify(new Float32Array(length).fill(1e6))),
        };
      },
      { name, url, list: letters(), length, questions },
    );
    expect(trained.shape).toEqual([length]);
    expect(trained.accuracy).toBeGreaterThan(0.9);
    expect(trained.several).toEqual([Object.keys(questions).length, 2]);
    expect(trained.cut[0]).toEqual(trained.cut[1]);
    expect(trained.wrong).toMatchObject({ name: "TabgradError", code: "data" });

    await openPage(page, plain.url);
    const after = await answers(page, url);
    expect(after).toEqual(trained.before);
    for (const [question, classes] of Object.entries(after)) {
      expect(classes.map(({ label }) => label).sort(), question).toEqual(["garden", "kitchen"]);
      const total = classes.reduce((sum, { probability }) => sum + probability, 0);
      expect(total, question).toBeCloseTo(1, 5);
    }
    const best = (question: keyof typeof questions) => after[question]?.[0]?.label;
    expect([best("garden"), best("emoji"), best("loneSurrogate")]).toEqual(["garden", "garden", "garden"]);
    expect([best("kitchen"), best("long"), best("nul")]).toEqual(["kitchen", "kitchen", "kitchen"]);
    // Nothing is as good as spaces.
    expect(after.empty).toEqual(after.spaces);
  });
}

test("gruLanguageModel goes on the same way after it was kept", async ({ page }) => {
  const url = "indexeddb://song";
  const prompts = ["the r", "🌹", "Ünknown 🌹 今日", "row ".repeat(200)];
  const before = await page.evaluate(
    async ({ url, prompts }) => {
      const { data, modelFromSpec } = globalThis.tabgrad;
      const set = await data.fromText("row, row, row the boat gently down the stream, ".repeat(60), {
        length: 16,
      });
      const { vocabulary = [] } = set.preprocessing.text ?? {};
      const preset = globalThis.presets.gruLanguageModel({
        length: 16,
        vocabulary: vocabulary.length + 2,
        units: 48,
        epochs: 6,
      });
      const model = modelFromSpec(preset.spec).compile(preset.compile);
      const { history } = await model.fit(set, { ...preset.fit, batchSize: 8, seed: 1 });
      await model.save(url);
      const write = (prompt: string, seed: number) =>
        model.generate(prompt, { length: 40, temperature: 0.8, seed });
      return {
        losses: history.loss,
        texts: await Promise.all(prompts.map((prompt) => write(prompt, 5))),
        other: await write(prompts[0] as string, 6),
        nothing: await model.generate("row", { length: 0 }),
        empty: await globalThis.failure(() => model.generate("")),
        wrong: await globalThis.failure(() => model.generate("row", { length: 2.5 })),
      };
    },
    { url, prompts },
  );
  expect(before.losses?.at(-1)).toBeLessThan(before.losses?.[0] as number);
  for (const [i, text] of before.texts.entries()) expect(text.length, prompts[i]).toBeGreaterThan(40);
  expect(before.texts[0]).toMatch(/^the r/);
  expect(before.other).not.toBe(before.texts[0]);
  expect(before.nothing).toBe("row");
  expect(before.empty).toMatchObject({ name: "TabgradError", code: "data" });
  expect(before.wrong).toMatchObject({ name: "TabgradError", code: "argument" });
  expect(before.wrong.message).toContain("length is 2.5, expected a whole number of at least 0");

  await openPage(page, plain.url);
  const after = await page.evaluate(
    async ({ url, prompts }) => {
      const model = await globalThis.tabgrad.loadModel(url);
      const write = (prompt: string) => model.generate(prompt, { length: 40, temperature: 0.8, seed: 5 });
      return Promise.all(prompts.map(write));
    },
    { url, prompts },
  );
  expect(after).toEqual(before.texts);
});
