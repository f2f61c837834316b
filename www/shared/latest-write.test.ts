import { expect, it } from "vitest";
import { flushWhenLeft, LatestWrite } from "./latest-write";

/** A page of which one can say that it is left or hidden. */
function page() {
  const window = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  flushWhenLeft(Object.assign(window, { document }) as never);
  return {
    leave: () => window.dispatchEvent(new Event("pagehide")),
    hide() {
      document.visibilityState = "hidden";
      document.dispatchEvent(new Event("visibilitychange"));
    },
  };
}

/** Writes that end when they are told to. */
function slow() {
  let state = 0;
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const latest = new LatestWrite(() => {
    begun.push(state);
    return new Promise((resolve) => ends.push(resolve));
  });
  return {
    latest,
    begun,
    set: (to: number) => {
      state = to;
      return latest.changed();
    },
    end: () => ends.shift()?.(),
  };
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

it("writes once at a time, and then the latest", async () => {
  const { set, begun, end } = slow();
  const written = [1, 2, 3, 4].map(set);
  expect(begun).toEqual([1]);
  end();
  await turn();
  expect(begun).toEqual([1, 4]);
  end();
  await Promise.all(written);
  void set(5);
  expect(begun).toEqual([1, 4, 5]);
});

it.each(["leave", "hide"] as const)("begins to write what waits when one does %s the page", async (how) => {
  const { set, begun, end } = slow();
  const left = page();
  for (const to of [1, 2, 3]) void set(to);
  left[how]();
  expect(begun).toEqual([1, 3]);
  // Nothing waits any more.
  left[how]();
  end();
  end();
  await turn();
  expect(begun).toEqual([1, 3]);
});

it("drops what waits when it is cancelled, and waits for what is written", async () => {
  const { set, latest, begun, end } = slow();
  for (const to of [1, 2]) void set(to);
  let cancelled = false;
  void latest.cancel().then(() => {
    cancelled = true;
  });
  await turn();
  expect(cancelled).toBe(false);
  end();
  await turn();
  expect([cancelled, begun]).toEqual([true, [1]]);
});
