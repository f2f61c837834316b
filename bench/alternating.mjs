// Ways to do the same that are measured in turn in one page, so that what disturbs the machine disturbs all alike.

import { disturbs, watchCores } from "./cores.mjs";
import { medianOf, summaryOf } from "./statistics.mjs";

/**
 * Measures each way once a round; a first round warms up and is not counted. Prints images a second and the
 * share of the first way's, the median of the shares within each round.
 *
 * @param {string} title
 * @param {Record<string, string>} ways what each is called; the others are compared with the first
 * @param {number} rounds
 * @param {(way: string) => Promise<number>} measure images a second
 */
export async function alternate(title, ways, rounds, measure) {
  const names = Object.keys(ways);
  const rates = Object.fromEntries(names.map((way) => [way, []]));
  const others = watchCores();
  for (let round = -1; round < rounds; round++) {
    for (const way of names) {
      const rate = await measure(way);
      if (round >= 0) rates[way].push(rate);
    }
  }
  console.log(`${title}, ${rounds} rounds${disturbs(others()) ? "; others used the cores" : ""}:`);
  const [first] = names;
  const width = Math.max(...Object.values(ways).map((what) => what.length));
  for (const way of names) {
    const { median, min, max } = summaryOf(rates[way]);
    const share = medianOf(rates[way].map((rate, round) => rate / rates[first][round]));
    const numbers = [median, min, max].map((rate) => rate.toFixed(0));
    console.log(
      `  ${ways[way].padEnd(width)} ${numbers[0].padStart(6)} images/s (${numbers[1]} to ${numbers[2]}), ` +
        `${(100 * share).toFixed(1)}% of ${ways[first]}`,
    );
  }
}
