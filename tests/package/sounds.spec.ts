/** Recordings as datasets, and models that take sounds, in a page and in Node. */
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { usePlainPage } from "./plain-page.js";
import { runNode } from "./projects.js";

const plain = usePlainPage();

/** What `heard` (projects/tones.js) comes to. */
interface Heard {
  answers: { label: string; probability: number }[][];
  [what: string]: unknown;
}

const expected = {
  // Half a second of 8,000 samples a second in frames that are 128 samples apart.
  shape: [32, 32, 1],
  counts: [12, 12],
  unreadable: [["tones/low/bad.wav", "format"]],
  audio: { sampleRate: 8000, length: 4000, features: "logMel" },
  numeric: ["normalize"],
  accuracy: 1,
  evaluated: 1,
  labels: ["high", "low", "low", "high", "low", "low"],
};

const inPage = (page: Page): Promise<Heard> =>
  page.evaluate(async () => {
    const { heard } = await import(String(new URL("tones.js", location.href)));
    return heard(globalThis.tabgrad);
  });

test("a model that is trained on recordings tells sounds apart, also once it is saved", {
  tag: "@everywhere",
}, async ({ page }) => {
  const found = await inPage(page);
  expect(found).toMatchObject(expected);
  // A file and its samples are the same sound, and a saved model hears as the one that was trained.
  const [high, low, samples, ...loaded] = found.answers;
  expect(samples).toEqual(low);
  expect(loaded).toEqual([high, low, samples]);
});

test("Node makes the same of recordings as a page", async ({ page }) => {
  const found = JSON.parse(await runNode(join(plain.folder, "../node"), "sounds.mjs")) as Heard;
  expect(found).toMatchObject({ ...expected, foreign: [{ name: "tones/high/x.mp3", code: "unsupported" }] });
  const { answers } = await inPage(page);
  expect(found.answers.flat().map(({ label }) => label)).toEqual(answers.flat().map(({ label }) => label));
  found.answers.flat().forEach(({ probability }, i) => {
    expect(probability).toBeCloseTo(answers.flat()[i]?.probability as number, 4);
  });
});

test("sounds that Rust does not read are read by the browser", { tag: "@everywhere" }, async ({ page }) => {
  const found = await page.evaluate(async () => {
    const { flac, tones } = await import(String(new URL("tones.js", location.href)));
    const { data, layers, sequential } = globalThis.tabgrad;
    const packed = flac(1900, { seconds: 0.4, rate: 16_000 });
    const set = await data.fromFiles([
      ...tones(4),
      { path: "tones/high/packed.flac", file: packed },
      { path: "tones/high/broken.mp3", file: new Blob(["ID3", new Uint8Array(100)]) },
    ]);
    const model = sequential({
      inputShape: [...set.shape],
      layers: [layers.globalAveragePooling2d(), layers.dense({ units: 2, activation: "softmax" })],
    });
    model.compile({ optimizer: "sgd", loss: "sparseCategoricalCrossentropy" });
    const before = await globalThis.failure(() => model.classify({ samples: [0, 0.5], sampleRate: 8000 }));
    await model.fit(set, { epochs: 1 });
    const buffer = new AudioBuffer({ numberOfChannels: 2, length: 24_000, sampleRate: 48_000 });
    return {
      counts: await set.counts(),
      unreadable: set.report.unreadable.map(({ name, code }) => [name, code]),
      packed: (await model.classify(packed)).length,
      buffer: (await model.classify(buffer)).length,
      several: (await model.predict([buffer, packed])).shape,
      before,
      silent: await globalThis.failure(() => model.classify({ samples: [Number.NaN], sampleRate: 8000 })),
    };
  });
  expect(found).toMatchObject({
    counts: [3, 2],
    unreadable: [["tones/high/broken.mp3", "format"]],
    packed: 2,
    buffer: 2,
    several: [2, 2],
    before: { code: "argument", message: expect.stringContaining("says nothing of sounds") },
    silent: { code: "data" },
  });
});
