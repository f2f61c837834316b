// Runs the modules of tests.rs, which come line by line as hexadecimal numbers:
//   node tests.mjs compare < "WHOLE FIRST REST" ...   whether a cut module does what it did whole
//   node tests.mjs marks < "MARKED" ...               for each, the numbers of what ran

import { readFileSync } from "node:fs";

/** @typedef {[name: string, x: number][]} Calls of imported functions */

const lines = readFileSync(0, "utf8").split("\n");
console.log(
  process.argv[2] === "marks" ? lines.map((line) => marks(modulesOf(line)[0])).join("\n") : compare(),
);

/** @param {string} line */
function modulesOf(line = "") {
  return line.split(" ").map((hex) => new WebAssembly.Module(Buffer.from(hex, "hex")));
}

function compare() {
  for (const [number, line] of lines.entries()) {
    const [whole, first, rest] = modulesOf(line);
    const expected = run(whole);
    for (const ahead of [true, false]) {
      try {
        const found = run(first, rest, ahead);
        if (found !== expected)
          return `cut ${number} (rest ahead: ${ahead}):\n${found}\ninstead of\n${expected}`;
      } catch (error) {
        return `cut ${number} (rest ahead: ${ahead}): ${error}`;
      }
    }
  }
  return `${lines.length} cuts are the same`;
}

/** @param {WebAssembly.Module | undefined} marked */
function marks(marked) {
  const exports = instance(marked, []);
  const last = Object.entries(exports).findLast(([name]) => /^f\d+$/.test(name));
  resultOf(() => last?.[1](5));
  const ran = Object.entries(exports).filter(([name, mark]) => name.startsWith("mark:") && mark.value === 1);
  return ran.map(([name]) => name.slice("mark:".length)).join(" ");
}

/**
 * All that can be seen of a module: what its functions give, what it calls and what is in its memory.
 *
 * @param {WebAssembly.Module} [first] or the whole module
 * @param {WebAssembly.Module} [rest]
 * @param {boolean} [ahead] whether the rest is loaded before anything is called
 */
function run(first, rest, ahead) {
  /** @type {Calls} */
  const calls = [];
  let loads = 0;
  const load = () => {
    loads += 1;
    // As js/worker/wasm.ts does it.
    const id = Object.keys(exports).find((name) => name.startsWith("rest:id:")) ?? "";
    const named = rest ? WebAssembly.Module.imports(rest).filter(({ name }) => /^:f\d/.test(name)) : [];
    const shared = named.map(({ name }) => [name, exports[":t0"].get(Number(name.slice(2)))]);
    const others = instance(rest, calls, { [id]: { ...exports, ...Object.fromEntries(shared) } });
    Object.assign(all, others);
  };
  const exports = instance(first, calls, { rest: { load } });
  const all = { ...exports };
  if (ahead) load();
  const names = [first, rest].flatMap((part) => (part ? WebAssembly.Module.exports(part) : []));
  const results = names
    .map(({ name }) => name)
    .filter((name) => /^f\d+$/.test(name))
    .sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)))
    .flatMap((name) => {
      if (!all[name]) load();
      return [0, 1, 77, -9, 12345].map((x) => resultOf(() => all[name](x)));
    });
  if (loads > 1) throw new Error(`the rest was loaded ${loads} times`);
  const memory = Buffer.from(exports.memory.buffer).subarray(0, 1024).toString("hex");
  return JSON.stringify({ results, calls, memory });
}

/** @param {() => number} call */
function resultOf(call) {
  try {
    return call();
  } catch (error) {
    // Recursion and loops have an end, so nothing else is trapped.
    if (error instanceof WebAssembly.RuntimeError && error.message === "unreachable") return "a trap";
    throw error;
  }
}

/**
 * @param {WebAssembly.Module | undefined} module
 * @param {Calls} calls to which those of its imports are added
 * @param {WebAssembly.Imports} [imports]
 * @returns {Record<string, any>} what it exports
 */
function instance(module, calls, imports = {}) {
  if (!module) throw new Error("a module is missing");
  /** @type {(name: string) => (x: number) => number} */
  const noted = (name) => (x) => {
    calls.push([name, x]);
    return x ^ 3;
  };
  return new WebAssembly.Instance(module, { js: { a: noted("a"), b: noted("b") }, ...imports }).exports;
}
