/** Browsers lay out no boxes higher than some 17 million pixels; beyond this, scrolling is scaled. */
const TALLEST = 15_000_000;
/** Rows that are kept on each side of what is visible. */
const BESIDE = 2;

/** A grid of cells of one size, seen through a window. */
export interface Grid {
  cells: number;
  columns: number;
  rowHeight: number;
  /** Height of the window, and how far it is scrolled. */
  height: number;
  top: number;
}

/** What of a grid is to be drawn. */
export interface Drawn {
  /** Height of what is scrolled. */
  scrollHeight: number;
  rows: number;
  /** From `first` up to `end`. */
  first: number;
  end: number;
  /** Pixels from the top of what is scrolled to row `first`. */
  offset: number;
}

export function drawn(grid: Grid): Drawn {
  const { columns, rowHeight, height } = grid;
  const rows = Math.ceil(grid.cells / columns);
  const whole = rows * rowHeight;
  const scrollHeight = Math.min(whole, TALLEST);
  const top = Math.max(0, Math.min(grid.top, scrollHeight - height));
  const real = top * scale(whole, scrollHeight, height);
  const first = Math.max(0, Math.floor(real / rowHeight) - BESIDE);
  const end = Math.min(rows, Math.ceil((real + height) / rowHeight) + BESIDE);
  return { scrollHeight, rows, first, end, offset: first * rowHeight - real + top };
}

/** How far to scroll so that a cell is wholly visible; where it is now if it is already. */
export function scrolledTo(grid: Grid, cell: number): number {
  const { columns, rowHeight, height, top } = grid;
  const whole = Math.ceil(grid.cells / columns) * rowHeight;
  const scrollHeight = Math.min(whole, TALLEST);
  const factor = scale(whole, scrollHeight, height);
  const begin = Math.floor(cell / columns) * rowHeight;
  const real = top * factor;
  if (begin >= real && begin + rowHeight <= real + height) return top;
  return (begin < real ? begin : begin + rowHeight - height) / factor;
}

/** Pixels of the grid for each pixel of scrolling. */
function scale(whole: number, scrollHeight: number, height: number): number {
  return scrollHeight > height ? (whole - height) / (scrollHeight - height) : 1;
}
