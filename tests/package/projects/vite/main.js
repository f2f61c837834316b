import { example, unpack } from "./example.js";

globalThis.run = async () => {
  const bytes = new Uint8Array(await (await fetch("/digits.bin")).arrayBuffer());
  return example(unpack(bytes), "indexeddb://digits");
};
