// The engine's glue in two parts, as the worker comes in two files: what the first of them may call, and the rest.

import { parseAst } from "rolldown/parseAst";

/** Members that every class keeps: what makes, wraps, hands over and frees its objects. */
const KEPT = new Set(["constructor", "__wrap", "__destroy_into_raw", "free"]);

/** What the first part exports for the rest: the functions of the engine, as they are at the moment. */
const ENGINE = "__engine";

/**
 * Cuts what wasm-bindgen wrote. All that the engine itself calls is in the first part, since it may want the rest
 * of itself while it cannot wait for JavaScript.
 *
 * @param {string} glue
 * @param {string} code that of the worker's first file, without the glue; what is not named there is of the rest
 * @returns {{ first: string, rest: string }} modules; the second takes the first's from `globalThis.tabgradGlue`
 */
export function divide(glue, code) {
  const named = wordsOf(code);
  const pieces = piecesOf(glue);
  const classes = new Set(pieces.flatMap(({ kind, name }) => (kind === "class" ? [name] : [])));
  const early = new Set([...classes].filter((name) => named.has(name)));
  /** @param {Piece} piece */
  const ofFirst = (piece) =>
    piece.of ? early.has(piece.of) : piece.kind !== "call" || named.has(piece.name);
  /** @param {Piece} piece */
  const shortened = (piece) =>
    without(
      piece,
      piece.members.filter(({ name }) => !KEPT.has(name) && !named.has(name)),
    );
  // A class that the first part's own code names otherwise is needed there, too.
  for (let count = -1; count !== early.size; ) {
    count = early.size;
    const words = wordsOf(pieces.filter(ofFirst).map(shortened).join("\n"));
    for (const name of classes) if (words.has(name)) early.add(name);
  }

  const first = [...pieces.filter(ofFirst).map(shortened), `export const ${ENGINE} = () => wasm;`];
  const shared = pieces.filter(
    (piece) => piece.kind === "import" || (piece.kind !== "other" && ofFirst(piece)),
  );
  const rest = [
    `const first = globalThis.tabgradGlue;`,
    `export const { ${shared.map(({ name }) => name).join(", ")} } = first;`,
  ];
  for (const piece of pieces) {
    if (shared.includes(piece)) {
      const moved = piece.members.filter(({ name }) => !KEPT.has(name) && !named.has(name));
      if (moved.length > 0)
        rest.push(`add(${piece.name}, class { ${moved.map(({ text }) => text).join("\n")} });`);
    } else if (piece.of ? !early.has(piece.of) : piece.name !== "wasm") {
      rest.push(piece.text);
    }
  }
  rest.push(ADD);
  return {
    first: first.join("\n"),
    rest: rest.join("\n").replace(/(?<![\w$.])wasm\./g, `first.${ENGINE}().`),
  };
}

/** Gives a class the members of another. */
const ADD = `function add(to, from) {
  const own = ({ length, name, prototype, ...members }) => members;
  const { constructor, ...members } = Object.getOwnPropertyDescriptors(from.prototype);
  Object.defineProperties(to.prototype, members);
  Object.defineProperties(to, own(Object.getOwnPropertyDescriptors(from)));
}`;

/**
 * @typedef {object} Piece a statement
 * @property {"class" | "import" | "call" | "other"} kind what it declares: a class, a function that the engine
 * calls, one that calls the engine, or something for all of them
 * @property {string} name
 * @property {string | undefined} of the class that it belongs to, if to one
 * @property {string} text
 * @property {number} start
 * @property {{ name: string, text: string, start: number, end: number }[]} members of a class
 */

/**
 * @param {string} glue
 * @returns {Piece[]}
 */
function piecesOf(glue) {
  return parseAst(glue).body.map((/** @type {any} */ statement) => {
    const exported = statement.type === "ExportNamedDeclaration";
    const declared = exported ? statement.declaration : statement;
    const text = glue.slice(statement.start, statement.end);
    const name = (declared.id ?? declared.declarations?.[0].id)?.name ?? "";
    const piece = { name, of: undefined, text, start: statement.start, members: [] };
    if (declared.type === "ClassDeclaration") {
      const members = declared.body.body.map((/** @type {any} */ member) => ({
        name: member.key.name,
        text: glue.slice(member.start, member.end),
        start: member.start,
        end: member.end,
      }));
      return { ...piece, kind: "class", of: name, members };
    }
    if (exported) return { ...piece, kind: name.startsWith("__wb") ? "import" : "call" };
    // The end of its objects, by hand and by being forgotten.
    const of = /^if \(Symbol\.dispose\) (\w+)\./.exec(text)?.[1] ?? /^(\w+)Finalization$/.exec(name)?.[1];
    return { ...piece, kind: "other", of };
  });
}

/**
 * What a text names, comments aside.
 *
 * @param {string} text
 */
function wordsOf(text) {
  return new Set(text.replace(/\/\*[\s\S]*?\*\//g, "").match(/[\w$]+/g));
}

/**
 * A class without some of its members.
 *
 * @param {Piece} piece
 * @param {Piece["members"]} members
 */
function without({ text, start }, members) {
  return members.reduceRight(
    (shorter, member) => shorter.slice(0, member.start - start) + shorter.slice(member.end - start),
    text,
  );
}
