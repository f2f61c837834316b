import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { TabgradError } from "tabgrad";
import { example, unpack } from "./example.js";

const digits = unpack(new Uint8Array(readFileSync("digits.bin")));
const result = await example(digits, pathToFileURL("digits.safetensors").href);
const refused = await example(digits, "indexeddb://digits").catch((error) => error);
const { code, message } = refused;
process.stdout.write(
  JSON.stringify({ ...result, refused: { code, message, ours: refused instanceof TabgradError } }),
);
