/** Pixels of what a list of samples is made of: number, class, a column, the least of a text, and what is between. */
const NUMBER = 72;
const NAME = 112;
const COLUMN = 104;
const TEXT = 160;
const GAP = 12;

/** The widths of a line's cells; a text takes what is left. */
export function template(columns: number, labelled: boolean): string {
  const values = columns > 0 ? `repeat(${columns}, minmax(${COLUMN}px, 1fr))` : "minmax(0, 1fr)";
  return `${NUMBER}px ${labelled ? `${NAME}px ` : ""}${values}`;
}

/** How wide a line is at least. */
export function lineWidth(columns: number, labelled: boolean): number {
  const values = columns > 0 ? columns * COLUMN + (columns - 1) * GAP : TEXT;
  return NUMBER + GAP + (labelled ? NAME + GAP : 0) + values + 2 * GAP;
}
