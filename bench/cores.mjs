// What the machine's cores do, and how much of it is not ours.

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";

/** Cores' worth of other work from which a window counts as disturbed. */
const LIMIT = 0.1;

const linux = process.platform === "linux";
const ticks = linux ? Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" })) : 100;

/** Seconds that all cores have worked since the machine started. */
function busySeconds() {
  return cpus().reduce((sum, { times }) => sum + (times.user + times.nice + times.sys + times.irq) / 1000, 0);
}

/** Seconds that this process and all that it started have worked; undefined where that cannot be read. */
function ownSeconds() {
  if (!linux) return undefined;
  const children = new Map();
  const used = new Map();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const fields = statOf(entry);
    if (fields === undefined) continue;
    // As proc(5) has them, from the third on: state, parent, ...; user and system time are the 14th and 15th,
    // those of children that ended the two after them.
    const [parent, ...times] = [fields[1], fields[11], fields[12], fields[13], fields[14]].map(Number);
    used.set(Number(entry), times.reduce((sum, time) => sum + time, 0) / ticks);
    children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const sum = (id) =>
    (children.get(id) ?? []).reduce((total, child) => total + sum(child), used.get(id) ?? 0);
  return sum(process.pid);
}

function statOf(id) {
  try {
    const line = readFileSync(`/proc/${id}/stat`, "utf8");
    return line.slice(line.lastIndexOf(")") + 2).split(" ");
  } catch {
    // It ended in between.
    return undefined;
  }
}

/**
 * Starts to watch; the function returned says how many cores' worth of work others did since then, or
 * undefined where the system does not tell.
 *
 * @returns {() => number | undefined}
 */
export function watchCores() {
  const [begun, busy, own] = [performance.now(), busySeconds(), ownSeconds()];
  return () => {
    const seconds = (performance.now() - begun) / 1000;
    const ours = ownSeconds();
    if (own === undefined || ours === undefined) return undefined;
    return Math.max(0, (busySeconds() - busy - (ours - own)) / seconds);
  };
}

/** Whether so much other work falsifies a measurement. */
export const disturbs = (others) => others !== undefined && others > LIMIT;

/** The share of the cores' time that nothing used, over this many seconds. */
export async function idleShare(seconds) {
  const [begun, busy] = [performance.now(), busySeconds()];
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return 1 - (busySeconds() - busy) / cpus().length / ((performance.now() - begun) / 1000);
}
