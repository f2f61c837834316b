// What `data.mjs` does in a page: draws pictures, imports files, trains on them.

/** JPEG pictures with soft colours and some grain, as text that a program can take out of the page. */
export async function photos(from, to, side) {
  const canvas = new OffscreenCanvas(side, side);
  const context = canvas.getContext("2d");
  const pictures = [];
  for (let i = from; i < to; i += 1) {
    const sky = context.createLinearGradient(0, 0, side, side);
    for (const stop of [0, 0.4, 1])
      sky.addColorStop(stop, `hsl(${(i * 37 + stop * 200) % 360} 60% ${30 + stop * 40}%)`);
    context.fillStyle = sky;
    context.fillRect(0, 0, side, side);
    for (let k = 0; k < 60; k += 1) {
      context.fillStyle = `hsl(${(i * k * 13) % 360} 70% 50% / 0.5)`;
      context.fillRect((i * 31 + k * 53) % side, (i * 17 + k * 29) % side, 5 + (k % 25), 3 + (k % 40));
    }
    const picture = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 });
    const bytes = new Uint8Array(await picture.arrayBuffer());
    pictures.push(btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")));
  }
  return pictures;
}

/** The files that the page was given, which it then forgets, as the product's page does. */
export function chosenFiles() {
  const input = document.querySelector("input");
  const files = [...input.files];
  input.value = "";
  return files;
}

/** Imports files; seconds from being called to a dataset that is ready. */
export async function imported({ data }, files, options = {}) {
  const begun = performance.now();
  const set = await data.fromFiles(files, options);
  const seconds = (performance.now() - begun) / 1000;
  const { length, storage, bytes, report } = set;
  return { set, about: { seconds, length, storage, bytes, unreadable: report.unreadable.length } };
}

/** Images a second of `fit`, without its first moments, until so many seconds are over. */
export async function rate({ sequential, layers }, set, seconds) {
  const [height, width, channels] = set.shape;
  const model = sequential({
    inputShape: [height, width, channels],
    seed: 1,
    layers: [
      layers.conv2d({ filters: 8, kernelSize: 5, strides: height > 100 ? 4 : 1, activation: "relu" }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.conv2d({ filters: 16, kernelSize: 5, activation: "relu" }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.flatten(),
      layers.dense({ units: set.classNames.length, activation: "softmax" }),
    ],
  });
  model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy" });
  const rates = [];
  const begun = performance.now();
  const run = model.fit(set, {
    epochs: 1000,
    batchSize: 64,
    seed: 1,
    onBatchEnd: ({ imagesPerSecond }) => {
      const elapsed = (performance.now() - begun) / 1000;
      if (elapsed > 2) rates.push(imagesPerSecond);
      if (elapsed > seconds) run.stop();
    },
  });
  await run;
  model.dispose();
  return rates.toSorted((a, b) => a - b)[rates.length >> 1];
}
