import { describe, expect, it } from "vitest";
import { accuracy, ago, bytes, counted, duration, loss, percent, rate, shape, short, when } from "./format";

describe("numbers as they are shown", () => {
  it("never rounds an error away", () => {
    expect(percent(0.99999)).toBe("99.9%");
    expect(percent(1)).toBe("100%");
    expect(accuracy(0.99996, 10_000)).toBe("99.99%");
    expect(accuracy(1, 10_000)).toBe("100%");
  });

  it("shows as many digits of an accuracy as its samples carry", () => {
    expect(accuracy(0.99234, 10_000)).toBe("99.23%");
    expect(accuracy(0.9876, 500)).toBe("98.7%");
    expect(accuracy(0.9, 20)).toBe("90%");
  });

  it("rounds a rate to three figures", () => {
    expect(rate(41_234)).toBe("41,200");
    expect(rate(987)).toBe("987");
    expect(rate(0)).toBe("–");
  });

  it("gives times in the unit one would say", () => {
    expect(duration(3.14)).toBe("3.1 s");
    expect(duration(9.97)).toBe("10 s");
    expect(duration(125)).toBe("2 min 05 s");
    expect(duration(4320)).toBe("1 h 12 min");
    expect(duration(Number.NaN)).toBe("–");
  });

  it("gives sizes in decimal units", () => {
    expect(bytes(0)).toBe("0 bytes");
    expect(bytes(1)).toBe("1 byte");
    expect(bytes(61_234)).toBe("61 KB");
    expect(bytes(1_234_567)).toBe("1.2 MB");
    expect(bytes(8_200_000_000)).toBe("8.2 GB");
  });

  it("counts with its noun", () => {
    expect(counted(1, "class", "classes")).toBe("1 class");
    expect(counted(70_000, "image")).toBe("70,000 images");
  });

  it("shortens what is large", () => {
    expect(short(830)).toBe("830");
    expect(short(472_608)).toBe("473k");
    expect(short(1_260_000)).toBe("1.26M");
  });

  it("says how long ago", () => {
    const now = new Date(2026, 10, 24, 12);
    expect(when(new Date(now.getTime() - 20_000), now)).toBe("just now");
    expect(when(new Date(now.getTime() - 60_000), now)).toBe("1 minute ago");
    expect(when(new Date(2026, 10, 3), now)).toBe("Nov 3, 2026");
  });

  it("writes shapes and losses", () => {
    expect(shape([28, 28, 1])).toBe("28 × 28 × 1");
    expect(loss(0.03124)).toBe("0.0312");
    expect(loss(Number.POSITIVE_INFINITY)).toBe("–");
  });

  it("counts seconds until there is a minute of them", () => {
    const now = new Date("2026-11-30T12:00:00");
    const past = (seconds: number) => ago(new Date(now.getTime() - seconds * 1000), now);
    expect(past(4.6)).toBe("4 s ago");
    // Of another clock than this one's.
    expect(past(-3)).toBe("0 s ago");
    expect(past(61)).toBe("1 minute ago");
  });
});
