// What `data.mjs` does in a page: makes files, imports them, trains on them.

/** JPEG pictures with soft colours and some grain, in ten folders. */
export async function photos(count, side) {
  const files = [];
  const canvas = new OffscreenCanvas(side, side);
  const context = canvas.getContext("2d");
  for (let i = 0; i < count; i += 1) {
    const sky = context.createLinearGradient(0, 0, side, side);
    for (const stop of [0, 0.4, 1])
      sky.addColorStop(stop, `hsl(${(i * 37 + stop * 200) % 360} 60% ${30 + stop * 40}%)`);
    context.fillStyle = sky;
    context.fillRect(0, 0, side, side);
    for (let k = 0; k < 60; k += 1) {
      context.fillStyle = `hsl(${(i * k * 13) % 360} 70% 50% / 0.5)`;
      context.fillRect((i * 31 + k * 53) % side, (i * 17 + k * 29) % side, 5 + (k % 25), 3 + (k % 40));
    }
    files.push({
      path: `photos/${i % 10}/${i}.jpg`,
      file: await canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 }),
    });
  }
  return files;
}

/** A CSV file of 20 columns: numbers, names, dates, yes and no, with one value in fifty missing. */
export function table(rows) {
  const names = ["Amsterdam", "Bonn", "Cardiff", "Dublin", "Essen", "Faro", "Gent", "Hamburg"];
  const two = (number) => String(number).padStart(2, "0");
  let state = 1;
  const draw = () => {
    // Numerical Recipes' generator; its high bits are good enough for this.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
  const value = (row, column) => {
    const number = draw();
    if (column > 0 && number % 50 === 0) return "";
    if (column === 0) return row;
    if (column < 4) return number % 1000;
    if (column < 12) return (number / 7919).toFixed(4);
    if (column < 17) return names[number % names.length];
    if (column === 17) return `20${two(number % 24)}-${two((row % 12) + 1)}-${two((number % 28) + 1)}`;
    if (column === 18) return `2024-01-${two((number % 28) + 1)} ${two(row % 24)}:30`;
    return number % 3 === 0 ? "yes" : "no";
  };
  const columns = Array.from({ length: 20 }, (_, column) => column);
  const parts = [`${columns.map((column) => `column_${column}`).join(",")}\n`];
  for (let begin = 0; begin < rows; begin += 50_000) {
    const lines = [];
    for (let row = begin; row < Math.min(begin + 50_000, rows); row += 1) {
      lines.push(columns.map((column) => value(row, column)).join(","));
    }
    // As a blob at once: the page's memory is free for the next.
    parts.push(new Blob([lines.join("\n"), "\n"]));
  }
  return new Blob(parts);
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
