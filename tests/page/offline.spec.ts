import { expect, test } from "@playwright/test";
import { answer, digits, draw, open } from "./helpers";

test("once loaded, the page works without a network", async ({ page, context }) => {
  await open(page, "draw");
  await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    const worker = registration.active;
    if (worker?.state !== "activated") {
      await new Promise((resolve) => worker?.addEventListener("statechange", resolve, { once: true }));
    }
  });
  await context.setOffline(true);
  await page.reload();
  await draw(page, digits.seven);
  await expect(answer(page)).toHaveText("7");
});
