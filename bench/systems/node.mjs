// tabgrad in Node. Reads calls from standard input, a JSON object a line ({"method": ..., "args": [...]}), and
// answers each with one line ({"value": ...} or {"error": ...}).

import { createInterface } from "node:readline";
import * as tabgrad from "../../dist/node.js";
import { openWith } from "./tabgrad.js";

let system = {
  async open(options) {
    system = await openWith(tabgrad)(options);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { method, args } = JSON.parse(line);
  let answer;
  try {
    answer = { value: await system[method](...args) };
  } catch (error) {
    answer = { error: `${error.name}: ${error.message}` };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit();
