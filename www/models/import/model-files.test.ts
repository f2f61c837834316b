import { expect, it } from "vitest";
import { fewer, sortModels, weightsAlone } from "./model-files";

const blob = new Blob(["x"]);
const sort = (...paths: string[]) => sortModels(paths.map((path) => ({ path, blob })));

it("takes each file of a model for one, and model.json with the weights beside it", () => {
  const { models, refused } = sort(
    "a.onnx",
    "b/c.keras",
    "web/model.json",
    "web/group1-shard1of2.bin",
    "web/group1-shard2of2.bin",
  );
  expect(models.map(({ name, files }) => [name, files.length])).toEqual([
    ["a", 1],
    ["c", 1],
    ["web", 3],
  ]);
  expect(refused).toEqual([]);
  expect(sort("model.json", "weights.bin").models).toMatchObject([{ name: "model", file: "model.json" }]);
});

it("gives a network of ONNX the numbers beside it, its own where there are such", () => {
  const files = (...paths: string[]) =>
    sort(...paths).models.map(({ name, files }) => [name, files.map(({ path }) => path)]);
  expect(files("net.onnx", "net.onnx.data", "b.onnx", "b.onnx_data")).toEqual([
    ["net", ["net.onnx", "net.onnx.data"]],
    ["b", ["b.onnx", "b.onnx_data"]],
  ]);
  expect(files("net.onnx", "weights.bin", "other/more.bin")).toEqual([["net", ["net.onnx", "weights.bin"]]]);
  expect(sort("net.onnx", "weights.bin", "other/more.bin").refused).toHaveLength(1);
});

it("says in words what it does not take", () => {
  const { models, refused } = sort("net.pth", "weights.bin", "notes.txt");
  expect(models).toEqual([]);
  expect(refused.map(({ text }) => text)).toEqual([
    expect.stringContaining("torch.onnx.export"),
    expect.stringContaining("model.json"),
    expect.stringContaining("notes.txt is no model"),
  ]);
});

it("says of many files in one sentence what they are not", () => {
  const many = sort("a.txt", "b.txt", "c.txt", "d.txt").refused;
  expect(fewer(many)).toMatchObject([{ text: expect.stringContaining("4 files are no models") }]);
  expect(fewer(many.slice(1))).toHaveLength(3);
});

it("tells weights without a network from a model", async () => {
  const safetensors = (header: object) => {
    const text = new TextEncoder().encode(JSON.stringify(header));
    const length = new DataView(new ArrayBuffer(8));
    length.setBigUint64(0, BigInt(text.length), true);
    return sortModels([{ path: "m.safetensors", blob: new Blob([length.buffer, text]) }]).models[0];
  };
  const words = async (header: object) => {
    const model = safetensors(header);
    return model && weightsAlone(model);
  };
  expect(await words({ "0.weight": {}, "0.bias": {} })).toContain("2 arrays: 0.weight, 0.bias)");
  expect(await words({ __metadata__: { tabgrad: "{}" }, w: {} })).toBeUndefined();
  expect(
    await weightsAlone({ file: "m", name: "m", files: [{ path: "m.safetensors", blob }] }),
  ).toBeUndefined();
});
