import { readFileSync } from "node:fs";
import * as tabgrad from "tabgrad";
import { unpack } from "./example.js";
import { trained } from "./workers.js";

const digits = unpack(new Uint8Array(readFileSync("digits.bin")));
const [options] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await trained(tabgrad, digits, JSON.parse(options))));
