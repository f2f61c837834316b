/** Models of other systems in a page: read, asked, and written. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { usePlainPage } from "./plain-page.js";
import { root } from "./projects.js";

usePlainPage();

const folder = join(root, "tests/interchange");

/** What `NAME.json` beside a model says that it computes. */
interface Case {
  inputs: { shape: number[]; unit?: number; values: number[] }[];
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
    const { inputs, outputs } = await caseOf(`onnx/${name}`);
    const found = await page.evaluate(
      async ([name, base64, inputs]) => {
        const { importModel } = globalThis.tabgrad;
        const bytes = await (await fetch(`data:;base64,${base64}`)).arrayBuffer();
        const model = await importModel(new File([bytes], `${name}.onnx`));
        const own = model.spec.inputs.map((input) => input.name);
        const x = Object.fromEntries(
          inputs.map(({ shape, unit = 1, values }, index) => [
            own[index],
            { shape, data: Float32Array.from(values, (value) => value * unit) },
          ]),
        );
        const tensors = Object.values(await model.predictAll(x as never));
        model.dispose();
        return tensors.map(({ data, shape }) => ({ data: Array.from(data as Float32Array), shape }));
      },
      [name, await bytesOf(`onnx/${name}.onnx`), inputs] as const,
    );
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
    };
  }, onnx);
  expect(errors.text).toMatchObject({ code: "format", message: expect.stringContaining("notes.txt") });
  expect(errors.text.message).toContain("ONNX (.onnx)");
  expect(errors.cut.code).toBe("format");
  expect(errors.none.code).toBe("argument");
  expect(errors.archive.code).toBe("format");
  expect(errors.format).toMatchObject({ code: "unsupported", message: expect.stringContaining("pickle") });
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
