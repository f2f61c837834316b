/** What is counted of kills: whatever is lost is seen. */
import { expect, test } from "@playwright/test";
import { type Beginning, KillCount, type Position, type Told } from "./kill-count.js";

const at = (epoch: number, batch: number): Position => ({ epoch, batch });
const kept = (epoch: number, batch: number): Told => ({ what: "kept", value: { epoch, batch, bytes: 9 } });
const begun = (value: Beginning = {}): Told => ({ what: "begun", value });
const keeping: Told = { what: "keeping" };
const end = (value = "as it should"): Told => ({ what: "end", value });
const kill = "kill" as const;

/** A run's first page. */
const first: (Told | "kill")[] = [begun(), keeping, kept(0, 0), keeping, kept(5, 3), kill];

const cases: { what: string; told: (Told | "kill")[]; counted: Partial<KillCount> }[] = [
  {
    what: "a run that goes on where it was kept",
    told: [...first, begun({ from: at(5, 3) }), kept(6, 0), kill, begun({ from: at(6, 0) }), end()],
    counted: { kills: 2, resumed: 2, anew: 1, lost: 0, runs: 1, equal: 1, bytes: 9 },
  },
  {
    what: "one that goes on later than was told",
    told: [...first, begun({ from: at(5, 9) }), end()],
    counted: { resumed: 1, lost: 0, equal: 1 },
  },
  {
    what: "one that goes on before the state that was kept",
    told: [...first, begun({ from: at(5, 2) }), kept(5, 3), end()],
    counted: { resumed: 1, lost: 1, equal: 1 },
  },
  {
    what: "a damaged state",
    told: [...first, begun({ from: at(4, 0), damaged: "The state is damaged." }), end()],
    counted: { resumed: 1, lost: 1, damaged: 1 },
  },
  {
    what: "one that begins anew",
    told: [...first, begun(), kept(0, 0), kept(2, 0), kill, begun({ from: at(2, 0) }), end()],
    counted: { resumed: 1, anew: 2, lost: 1, equal: 1 },
  },
  {
    what: "one that begins anew again and again",
    told: [...first, ...first, ...first, begun(), end()],
    counted: { kills: 3, resumed: 0, anew: 4, lost: 3 },
  },
  {
    what: "one that goes back in the middle of a page",
    told: [...first, begun({ from: at(5, 3) }), kept(7, 0), kept(0, 0), end()],
    counted: { resumed: 1, lost: 1 },
  },
  {
    what: "one that nothing was kept of",
    told: [begun(), keeping, kill, begun(), keeping, kept(0, 0), end()],
    counted: { anew: 2, lost: 0, writing: 1 },
  },
  {
    what: "the run after one that ended",
    told: [...first, begun({ from: at(5, 3) }), end(), begun(), kept(0, 0), end()],
    counted: { anew: 2, lost: 0, runs: 2, equal: 2 },
  },
  {
    what: "the run after one that was killed before it told that it had ended",
    told: [...first, begun({ finished: at(40, 0) }), kept(0, 0), end()],
    counted: { anew: 2, lost: 0, runs: 1 },
  },
  {
    what: "a finished run that ended too soon",
    told: [...first, begun({ finished: at(3, 0) }), end()],
    counted: { lost: 1 },
  },
  {
    what: "one that ends otherwise",
    told: [...first, begun({ from: at(5, 3) }), end("otherwise")],
    counted: { lost: 0, runs: 1, equal: 0 },
  },
  {
    what: "kills within and between writes",
    told: [begun(), keeping, kept(0, 0), keeping, kill, begun({ from: at(0, 0) }), kill, begun(), kill],
    counted: { kills: 3, writing: 1, lost: 1 },
  },
];

for (const { what, told, counted } of cases) {
  test(`counts ${what}`, () => {
    const count = new KillCount("as it should");
    for (const one of told) {
      if (one === "kill") count.kill();
      else count.hear(one);
    }
    expect(count).toMatchObject(counted);
  });
}
