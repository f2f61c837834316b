// From a click on the page's Train button, on a first visit, to a model that is right about 99.0% of MNIST's test
// images, by the preset of one epoch; and what the time goes into.
//   npm run bench -- mnist [--loaded] [--clicks 5] [--preset v3-once] [--target 99]
// With --loaded the digits have been loaded before the click.

import { parseArgs } from "node:util";
import { serve } from "../scripts/serve.mjs";
import { disturbs, watchCores } from "./cores.mjs";
import { launchChromium } from "./hosts.mjs";
import { summaryOf } from "./statistics.mjs";

const { values } = parseArgs({
  options: {
    loaded: { type: "boolean", default: false },
    clicks: { type: "string", default: "5" },
    preset: { type: "string", default: "v3-once" },
    target: { type: "string", default: "99" },
  },
});

/** In the page: notes what the run card says, and when, in milliseconds from the click on. */
function watch() {
  const noted = [];
  globalThis.noted = noted;
  const text = (selector) => document.querySelector(selector)?.textContent?.trim() ?? "";
  const note = (begun) => {
    const steps = {
      loaded: text('[data-testid="figures"]') !== "" && text('[data-testid="doing"]') === "",
      stepped: /\d/.test(text('[data-testid="batch"]')),
      validated: text('[data-testid="validation"]'),
      accuracy: text('[data-testid="accuracy"]'),
    };
    if (JSON.stringify(steps) !== JSON.stringify(noted.at(-1)?.steps))
      noted.push({ at: performance.now() - begun, steps });
  };
  const click = () => {
    const begun = performance.now();
    const everything = { subtree: true, childList: true, characterData: true };
    new MutationObserver(() => note(begun)).observe(document.body, everything);
  };
  document.addEventListener("click", click, { capture: true, once: true });
}

/** What happened from one click on, in seconds. */
function told(noted) {
  const first = (holds) => noted.find(({ steps }) => holds(steps)).at / 1000;
  const evaluations = noted
    .filter(
      ({ steps }, i) => steps.validated.includes("%") && steps.validated !== noted[i - 1]?.steps.validated,
    )
    .map(({ at, steps }) => ({ at: at / 1000, accuracy: Number(steps.validated.match(/([\d.]+)%/)[1]) }));
  const last = noted.find(({ steps }) => steps.accuracy !== "");
  const good = [
    ...evaluations,
    { at: last.at / 1000, accuracy: Number.parseFloat(last.steps.accuracy) },
  ].find(({ accuracy }) => accuracy >= Number(values.target));
  return {
    data: first(({ loaded }) => loaded),
    step: first(({ stepped }) => stepped),
    evaluations,
    good: good?.at ?? Number.POSITIVE_INFINITY,
    accuracy: last.steps.accuracy,
  };
}

const { address, close } = await serve(0);
const browser = await launchChromium();
const clicks = [];
try {
  for (let i = 0; i < Number(values.clicks); i++) {
    // An empty cache, an empty store.
    const context = await browser.newContext({ serviceWorkers: "block" });
    const page = await context.newPage();
    await page.goto(`${address}#/train`);
    await page.getByLabel("Preset").selectOption(values.preset);
    if (values.loaded) {
      await page.getByRole("button", { name: /^Load / }).click();
      await page.getByText("60,000 to train on").waitFor();
    }
    // The page has settled when it has said what the run would take.
    await page.getByTestId("memory").getByText("worker").waitFor();
    await page.evaluate(watch);
    const others = watchCores();
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await page.getByTestId("accuracy").waitFor({ timeout: 120_000 });
    const click = { ...told(await page.evaluate(() => globalThis.noted)), disturbed: disturbs(others()) };
    clicks.push(click);
    const epochs = click.evaluations.map(
      ({ at, accuracy }) => `${accuracy.toFixed(1)}% at ${at.toFixed(2)} s`,
    );
    console.log(
      `${click.good.toFixed(2)} s to ${values.target}%: data loaded at ${click.data.toFixed(2)} s, first step reported at ` +
        `${click.step.toFixed(2)} s, epochs evaluated: ${epochs.join(", ")}; in the end ${click.accuracy}` +
        `${click.disturbed ? " (others used the cores)" : ""}`,
    );
    await context.close();
  }
} finally {
  await browser.close();
  await close();
}
const { median, min, max } = summaryOf(clicks.map(({ good }) => good));
console.log(
  `from click to ${values.target}% of the test images: median ${median.toFixed(2)} s (${min.toFixed(2)} to ${max.toFixed(2)})`,
);
