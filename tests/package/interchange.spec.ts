/** Models of other systems in a page: read, asked, and written. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import type * as Tabgrad from "tabgrad";
import { usePlainPage } from "./plain-page.js";
import { root } from "./projects.js";

usePlainPage();

const folder = join(root, "tests/interchange");

/** What `NAME.json` beside a model says that it computes. */
interface Case {
  spec?: object;
  inputs: { shape: number[]; unit?: number; values: number[] }[];
  /** Whether the file leaves sizes of the inputs open. */
  open?: boolean;
  outputs: { shape: number[]; values: number[] }[];
}

/** The largest difference that is rounding. */
const TOLERANCE = 1e-4;

async function caseOf(name: string) {
  return JSON.parse(await readFile(join(folder, `${name}.json`), "utf8")) as Case;
}

async function bytesOf(path: string): Promise<string> {
  return (await readFile(join(folder, path))).toString("base64");
}

test("models of PyTorch and Keras predict the same", async ({ page }) => {
  test.setTimeout(180_000);
  const files = await readdir(join(folder, "onnx"));
  const names = files.filter((file) => file.endsWith(".onnx")).map((file) => file.slice(0, -5));
  expect(names.length).toBeGreaterThan(10);
  for (const name of names) {
    // Its numbers may lie beside it.
    const own = files.filter((file) => file.startsWith(`${name}.onnx`));
    const parts = await Promise.all(
      own.map(async (file) => ({ file, base64: await bytesOf(`onnx/${file}`) })),
    );
    const { inputs, open = false, outputs } = await caseOf(`onnx/${name}`);
    const { found, asked } = await page.evaluate(
      async ([parts, inputs]) => {
        const { importModel } = globalThis.tabgrad;
        const given = parts.map(async ({ file, base64 }) => {
          const bytes = await (await fetch(`data:;base64,${base64}`)).arrayBuffer();
          return new File([bytes], file);
        });
        const files = await Promise.all(given);
        let asked: readonly Tabgrad.OpenInput[] | undefined;
        const model = await importModel(files).catch((error) => {
          asked = error.openInputs;
          if (!asked) throw error;
          return importModel(files, { inputShape: inputs.map(({ shape }) => shape.slice(1)) });
        });
        const own = model.spec.inputs.map((input) => input.name);
        const x = Object.fromEntries(
          inputs.map(({ shape, unit = 1, values }, index) => [
            own[index],
            { shape, data: Float32Array.from(values, (value) => value * unit) },
          ]),
        );
        const tensors = Object.values(await model.predictAll(x as never));
        model.dispose();
        const found = tensors.map(({ data, shape }) => ({ data: Array.from(data as Float32Array), shape }));
        return { found, asked };
      },
      [parts, inputs] as const,
    );
    const sizes = [
      { name: "input_0", shape: [null, null, 3] },
      { name: "input_1", shape: [4] },
    ];
    expect(asked, name).toEqual(open ? sizes : undefined);
    for (const [index, { shape, values }] of outputs.entries()) {
      expect(found[index]?.shape, name).toEqual(shape);
      const off = values.map((value, at) => Math.abs(value - (found[index]?.data[at] as number)));
      expect(Math.max(...off), name).toBeLessThan(TOLERANCE);
    }
  }
});

test("what is no model, and what cannot be written, is said in words", async ({ page }) => {
  const onnx = await bytesOf("onnx/torch_cnn_old.onnx");
  const errors = await page.evaluate(async (base64) => {
    const { importModel } = globalThis.tabgrad;
    const { failure } = globalThis;
    const bytes = new Uint8Array(await (await fetch(`data:;base64,${base64}`)).arrayBuffer());
    const file = (name: string, part: BlobPart) => new File([part], name);
    const { model } = await globalThis.small();
    return {
      text: await failure(() => importModel(file("notes.txt", "a text"))),
      cut: await failure(() => importModel(file("cut.onnx", bytes.slice(0, bytes.length - 9)))),
      none: await failure(() => importModel([])),
      archive: await failure(() => importModel(file("a.keras", "PK\u0003\u0004 and no more"))),
      format: await failure(() => model.export("pickle" as "onnx")),
      weights: await failure(() => model.export("onnx", { weights: "int4" as "int8" })),
      other: await failure(() => model.export("npz", { weights: "f16" })),
      shapes: await Promise.all(
        ["x", [0, 8], [[8, 8], "x"], [1.5], 7].map((inputShape) =>
          failure(() => importModel(file("a.onnx", bytes), { inputShape: inputShape as number[] })),
        ),
      ),
    };
  }, onnx);
  expect(errors.text).toMatchObject({ code: "format", message: expect.stringContaining("notes.txt") });
  expect(errors.text.message).toContain("ONNX (.onnx)");
  expect(errors.cut.code).toBe("format");
  expect(errors.none.code).toBe("argument");
  expect(errors.archive.code).toBe("format");
  expect(errors.format).toMatchObject({ code: "unsupported", message: expect.stringContaining("pickle") });
  expect(errors.other).toMatchObject({
    code: "argument",
    message: 'export: "npz" has no option "weights", expected none.',
  });
  for (const { code, message } of errors.shapes) {
    expect(code).toBe("argument");
    expect(message).toMatch(/^importModel: inputShape is .+, expected whole numbers from 1 on/);
  }
  expect(errors.weights).toMatchObject({ code: "argument", message: expect.stringContaining("int4") });
});

test("files for other systems are as small as they say", async ({ page }) => {
  const sizes = await page.evaluate(async () => {
    const { model, train } = await globalThis.small();
    await model.fit(train, { epochs: 1 });
    const size = async (options?: object) => (await model.export("onnx", options)).size;
    const head = new Uint8Array(await (await model.export("npz")).arrayBuffer()).slice(0, 4);
    return {
      f32: await size(),
      f16: await size({ weights: "f16" }),
      int8: await size({ weights: "int8" }),
      npz: Array.from(head),
    };
  });
  expect(sizes.f16).toBeLessThan(0.6 * sizes.f32);
  expect(sizes.int8).toBeLessThan(0.4 * sizes.f32);
  expect(sizes.npz).toEqual([0x50, 0x4b, 3, 4]);
});

test("weights of PyTorch are taken from a state dict, by order and by names", { tag: "@everywhere" }, async ({
  page,
}) => {
  const names: { [name: string]: { [module: string]: string } | undefined } = {
    cnn: undefined,
    "mlp-f16": undefined,
    attention: undefined,
    text: { lstm: "below", "lstm.l1": "above" },
  };
  for (const [name, own] of Object.entries(names)) {
    const { inputs, outputs, spec } = await caseOf(`pytorch/${name}`);
    const found = await page.evaluate(
      async ([base64, spec, { shape, values }, names]) => {
        const { modelFromSpec } = globalThis.tabgrad;
        const bytes = await (await fetch(`data:;base64,${base64}`)).arrayBuffer();
        const model = modelFromSpec(spec as never);
        const report = await model.loadWeights(
          new File([bytes], "weights.safetensors"),
          names ? { names } : {},
        );
        const { data } = await model.predict({ shape, data: Float32Array.from(values) });
        return { report, data: Array.from(data as Float32Array), tensors: (await model.getWeights()).length };
      },
      [await bytesOf(`pytorch/${name}.safetensors`), spec, inputs[0] as Case["inputs"][0], own] as const,
    );
    expect(found.report, name).toMatchObject({ missing: [], unexpected: [], mismatched: [] });
    expect(found.report.loaded, name).toHaveLength(found.tensors);
    const off = (outputs[0]?.values ?? []).map((value, at) => Math.abs(value - (found.data[at] as number)));
    expect(Math.max(...off), name).toBeLessThan(TOLERANCE);
  }
});

test("weights come back from npz, and what does not fit is reported and left", async ({ page }) => {
  const { spec } = await caseOf("pytorch/mlp-f16");
  const found = await page.evaluate(
    async ([base64, spec]) => {
      const { failure } = globalThis;
      const { modelFromSpec } = globalThis.tabgrad;
      const design = (units: number, seed: number) => {
        const own = structuredClone(spec) as { seed: number; nodes: { layer: { units: number } }[] };
        own.seed = seed;
        (own.nodes[4] as { layer: { units: number } }).layer.units = units;
        return modelFromSpec(own as never);
      };
      const weightsOf = async (model: ReturnType<typeof modelFromSpec>) =>
        (await model.getWeights()).map(({ name, data }) => `${name} ${data}`);
      const state = await (await fetch(`data:;base64,${base64}`)).arrayBuffer();
      const from = design(6, 1);
      await from.loadWeights(state.slice(0));
      const npz = await from.export("npz");
      const to = design(6, 2);
      const fresh = await weightsOf(to);
      const report = await to.loadWeights(npz);
      const same = (await weightsOf(to)).join() === (await weightsOf(from)).join();
      // The last layer has other sizes here.
      const other = design(7, 3);
      const before = await weightsOf(other);
      const refusals = {
        npz: await failure(() => other.loadWeights(npz)),
        state: await failure(() => other.loadWeights(new Uint8Array(state.slice(0)))),
        names: await failure(() => other.loadWeights(npz, { names: { "0": "layer0" } })),
        layer: await failure(() => other.loadWeights(state.slice(0), { names: { "4": "layer9" } })),
        module: await failure(() => other.loadWeights(state.slice(0), { names: { "9": "layer4" } })),
        wrong: await failure(() => other.loadWeights(state.slice(0), { names: { "4": 4 as never } })),
        model: await failure(() => other.loadWeights(from, { names: { "4": "layer4" } })),
        text: await failure(() => other.loadWeights(new Blob(["no weights at all"]))),
        cut: await failure(() => other.loadWeights(state.slice(0, 700))),
        pickle: await failure(() => other.loadWeights(new Blob(["PK\u0003\u0004 archive/data.pkl"]))),
      };
      const untouched = (await weightsOf(other)).join() === before.join();
      const some = await other.loadWeights(npz, { byName: true });
      const someState = await other.loadWeights(state.slice(0), { byName: true, names: { "4": "layer4" } });
      const after = await weightsOf(other);
      const whole = await weightsOf(from);
      const taken = after.filter((text, at) => text === whole[at]).length;
      const kept = after.filter((text, at) => text === before[at]).length;
      return {
        report,
        differed: fresh.join() !== (await weightsOf(to)).join(),
        same,
        refusals,
        untouched,
        some,
        someState,
        taken,
        kept,
      };
    },
    [await bytesOf("pytorch/mlp-f16.safetensors"), spec] as const,
  );
  expect(found).toMatchObject({ differed: true, same: true, untouched: true, taken: 6, kept: 2 });
  expect(found.report).toMatchObject({ missing: [], unexpected: [], mismatched: [] });
  for (const report of [found.some, found.someState]) {
    expect(report.loaded).toHaveLength(6);
    expect(report.mismatched).toHaveLength(2);
    expect(report.mismatched).toContainEqual({ name: "layer4/bias", found: [6], expected: [7] });
  }
  const codes = Object.fromEntries(Object.entries(found.refusals).map(([what, { code }]) => [what, code]));
  expect(codes).toEqual({
    npz: "shape",
    state: "notFound",
    names: "argument",
    layer: "notFound",
    module: "notFound",
    wrong: "argument",
    model: "argument",
    text: "format",
    cut: "format",
    pickle: "unsupported",
  });
  expect(found.refusals.layer.message).toContain('no layer "layer9"');
  expect(found.refusals.pickle.message).toContain("save_file");
});

test("weights are not taken into a model that is being trained", async ({ page }) => {
  const refused = await page.evaluate(async () => {
    const { failure, small } = globalThis;
    const { model, train } = await small();
    const npz = await model.export("npz");
    const run = model.fit(train, { epochs: 3 });
    const refused = await failure(() => model.loadWeights(npz));
    await run;
    return { refused, after: await model.loadWeights(npz) };
  });
  expect(refused.refused).toMatchObject({
    code: "argument",
    message: expect.stringContaining("loadWeights"),
  });
  expect(refused.after.missing).toEqual([]);
});
