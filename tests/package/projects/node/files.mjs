// Imports a folder of pictures from the disk, is interrupted, goes on, and trains from the file.
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tabgrad from "tabgrad";

const { configure, data, layers, sequential } = tabgrad;
const work = mkdtempSync(join(tmpdir(), "tabgrad-files-"));
configure({ datasetFolder: join(work, "datasets") });

/** A picture of one shade as a BMP file of 24 bits. */
function bmp(side, shade) {
  const row = Math.ceil((3 * side) / 4) * 4;
  const file = Buffer.alloc(54 + row * side, shade);
  file.write("BM", 0, "latin1");
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(0, 6);
  file.writeUInt32LE(54, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(side, 18);
  file.writeInt32LE(side, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  file.fill(0, 30, 54);
  return file;
}

const side = 300;
for (let i = 0; i < 400; i += 1) {
  const folder = join(work, "shades", i % 2 === 0 ? "dark" : "light");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${i}.bmp`), bmp(side, i % 2 === 0 ? i % 100 : 155 + (i % 100)));
}
writeFileSync(join(work, "shades", "dark", "broken.png"), "no picture");

const failure = async (action) => action().catch(({ code }) => code);
const options = { name: "shades", channels: 3 };
const controller = new AbortController();
const stopped = await failure(() =>
  data.fromFiles(join(work, "shades"), {
    ...options,
    signal: controller.signal,
    onProgress: ({ done, total }) => done > total / 2 && controller.abort(),
  }),
);
const interrupted = await data.list();
const set = await data.fromFiles(join(work, "shades"), options);
const model = sequential({
  inputShape: [side, side, 3],
  seed: 2,
  layers: [layers.globalAveragePooling2d(), layers.dense({ units: 2, activation: "softmax" })],
});
model.compile({
  optimizer: { type: "adam", learningRate: 0.1 },
  loss: "sparseCategoricalCrossentropy",
  metrics: ["accuracy"],
});
const { history } = await model.fit(set, { epochs: 3, batchSize: 50, seed: 1, validationSplit: 0.2 });
const blob = await data.fromFiles([{ path: "one/a.bmp", file: new Blob([bmp(4, 9)]) }]);
const missing = await failure(() => data.fromFiles(join(work, "nothing")));
const listed = await data.list();
set.dispose();
await data.remove("shades");
process.stdout.write(
  JSON.stringify({
    stopped,
    interrupted: interrupted.map(({ name, complete }) => [name, complete]),
    storage: set.storage,
    bytes: set.bytes,
    counts: [set.length, set.classNames],
    unreadable: set.report.unreadable.map(({ name, code }) => [name, code]),
    accuracy: history.valAccuracy.at(-1),
    blob: [blob.storage, blob.length],
    missing,
    listed: listed.map(({ name, samples }) => [name, samples]),
    left: readdirSync(join(work, "datasets")),
  }),
);
