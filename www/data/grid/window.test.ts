import { describe, expect, it } from "vitest";
import { drawn, type Grid, scrolledTo } from "./window";

const grid = (change: Partial<Grid>): Grid => ({
  cells: 100_000,
  columns: 10,
  rowHeight: 100,
  height: 450,
  top: 0,
  ...change,
});

describe("the window over a grid", () => {
  it("draws what is visible and two rows on each side", () => {
    expect(drawn(grid({}))).toMatchObject({ rows: 10_000, first: 0, end: 7, offset: 0 });
    expect(drawn(grid({ top: 1050 }))).toMatchObject({ first: 8, end: 17, offset: 800 });
  });

  it("ends with the last row", () => {
    expect(drawn(grid({ top: 999_550 }))).toMatchObject({ first: 9993, end: 10_000, offset: 999_300 });
    expect(drawn(grid({ cells: 0 }))).toMatchObject({ rows: 0, first: 0, end: 0, scrollHeight: 0 });
    expect(drawn(grid({ cells: 11 }))).toMatchObject({ rows: 2, end: 2 });
  });

  it("reaches every row of a grid that is higher than a browser can scroll", () => {
    const large = { cells: 1_000_000, columns: 3 };
    const { scrollHeight, rows } = drawn(grid(large));
    expect(scrollHeight).toBe(15_000_000);
    const last = drawn(grid({ ...large, top: scrollHeight - 450 }));
    expect(last.end).toBe(rows);
    // The last row ends where what is scrolled ends.
    expect(last.offset + (rows - last.first) * 100).toBeCloseTo(scrollHeight, 3);
  });

  it("scrolls no further than it must", () => {
    expect(scrolledTo(grid({ top: 1050 }), 125)).toBe(1050);
    expect(scrolledTo(grid({ top: 1050 }), 99)).toBe(900);
    expect(scrolledTo(grid({ top: 1050 }), 155)).toBe(1150);
    const large = grid({ cells: 1_000_000, columns: 3 });
    const top = scrolledTo(large, 999_999);
    expect(drawn({ ...large, top }).end).toBe(333_334);
  });
});
