// Results on the screen, as JSON lines and as Markdown.

import { writeFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import { ratio } from "./statistics.mjs";

/** Progress goes where results do not. */
export const say = (line) => process.stderr.write(`${line}\n`);

export const percent = (share) => `${(share * 100).toFixed(0)} %`;

const titles = {
  train: "training",
  infer: "inference, batches of 64",
  latency: "one image",
  load: "loading",
};

const order = ["", "computing", "the way there", "download", "first prediction", "first step", "peak memory"];

/**
 * Tables of results: one for each workload and what was measured.
 *
 * @param {object[]} results
 * @returns {{ title: string, head: string[], rows: string[][] }[]}
 */
export function tablesOf(results) {
  /** @type {Map<string, object[]>} */
  const groups = new Map();
  for (const result of results) {
    const title = `${result.workload} ${titles[result.what] ?? result.what}`;
    groups.set(title, [...(groups.get(title) ?? []), result]);
  }
  return [...groups].map(([title, group]) => ({
    title,
    head: ["system", "workers", "", "median", "min", "max", "unit", "tabgrad is"],
    rows: group.toSorted(byMeasure).map((result) => rowOf(result, group)),
  }));
}

/** What was measured first comes first; what failed comes last. */
function byMeasure(one, other) {
  const rank = ({ failed, measure = "" }) => (failed === undefined ? order.indexOf(measure) : order.length);
  return rank(one) - rank(other);
}

function rowOf(result, group) {
  const { system, workers, isolated, measure = "", failed, unit, disturbed } = result;
  const notes = [measure, isolated === false && system === "tabgrad" ? "not isolated" : ""];
  const name = [system, String(workers), notes.filter(Boolean).join(", ")];
  if (failed !== undefined) return [...name, `failed: ${failed}`, "", "", "", ""];
  const values = [result.median, result.min, result.max].map(format);
  const mark = disturbed ? ` (${disturbed} of ${result.values.length} windows disturbed)` : "";
  const ratio = ratioTo(result, group);
  return [...name, ...values, unit + mark, ratio === undefined ? "" : `${ratio.toFixed(2)}x`];
}

/** How many times as good tabgrad is, with as many workers; the median over the rounds. */
function ratioTo(result, group) {
  const ours = group.find(
    ({ system, workers, isolated, measure, failed }) =>
      system === "tabgrad" &&
      workers === result.workers &&
      isolated !== false &&
      measure === result.measure &&
      failed === undefined,
  );
  if (ours === undefined || result.system === "tabgrad") return undefined;
  return ratio(ours, result);
}

function format(value) {
  if (value >= 1000) return Math.round(value).toLocaleString("en-US");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(3);
}

/** Tables in columns of the same width. */
export function printTables(tables) {
  for (const { title, head, rows } of tables) {
    const widths = head.map((cell, i) =>
      Math.max(cell.length, ...rows.map((row) => (row[i]?.startsWith("failed") ? 0 : (row[i]?.length ?? 0)))),
    );
    const numeric = head.map((cell) => ["median", "min", "max", "reached"].includes(cell));
    const line = (row) =>
      row.map((cell, i) => (numeric[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join("  ");
    console.log(`\n${title}`);
    for (const row of [head, ...rows]) console.log(`  ${line(row).trimEnd()}`);
  }
}

export function printMarkdown(tables) {
  for (const { title, head, rows } of tables) {
    console.log(`\n### ${title}\n`);
    const line = (row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
    console.log([line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n"));
  }
}

/** A JSON line a result. */
export function writeJson(file, results) {
  writeFileSync(file, results.map((result) => `${JSON.stringify(result)}\n`).join(""));
}

/** The machine, in a line. */
export function machine() {
  const [{ model }] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores, ${model.trim()}, ${memory} GB; ${type()} ${release()}; Node ${process.versions.node}`;
}
