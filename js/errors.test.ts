import { describe, expect, it } from "vitest";
import { abortError, fromWire, TabgradError, toWire } from "./errors.js";

describe("TabgradError", () => {
  it("survives the way between worker and page", () => {
    const there = new TabgradError("shape", "x has rank 1, expected 3", { layer: "conv" });
    const here = fromWire(toWire(there));
    expect(here).toBeInstanceOf(TabgradError);
    expect(here).toMatchObject({
      name: "TabgradError",
      code: "shape",
      layer: "conv",
      message: there.message,
    });
  });

  it("recognises the engine's errors by their fields", () => {
    const error = Object.assign(new Error("units is 0"), {
      name: "TabgradError",
      code: "argument",
      layer: "dense",
    });
    expect(toWire(error)).toEqual({ code: "argument", message: "units is 0", layer: "dense" });
  });

  it("calls everything else a bug", () => {
    expect(toWire(new TypeError("x is undefined"))).toEqual({
      code: "internal",
      message: "TypeError: x is undefined",
    });
  });

  it("is an AbortError after an abort, with the reason", () => {
    const controller = new AbortController();
    controller.abort("enough");
    expect(abortError(controller.signal)).toMatchObject({
      name: "AbortError",
      code: "aborted",
      cause: "enough",
    });
  });
});
