/** Pixels of a column of a list of samples, the least of a text, and what is between. */
const COLUMN = 104;
const TEXT = 160;
const GAP = 12;

/** The widths of a line's cells: number, class, and columns or a text, which takes what is left. */
export function template(columns: number, labelled: boolean): string {
  const values = columns > 0 ? `repeat(${columns}, minmax(${COLUMN}px, 1fr))` : "minmax(0, 1fr)";
  return `var(--list-number) ${labelled ? "var(--list-name) " : ""}${values}`;
}

/** How wide a line is at least. */
export function lineWidth(columns: number, labelled: boolean): string {
  const values = columns > 0 ? columns * COLUMN + (columns - 1) * GAP : TEXT;
  const gaps = GAP + (labelled ? GAP : 0) + 2 * GAP;
  return `calc(var(--list-number) ${labelled ? "+ var(--list-name) " : ""}+ ${values + gaps}px)`;
}
