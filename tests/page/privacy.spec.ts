import { expect, test } from "@playwright/test";
import { answer, digits, draw, open } from "./helpers";

test("only this page's own files are asked for, and nothing is sent", { tag: "@everywhere" }, async ({
  page,
  baseURL,
}) => {
  const foreign: string[] = [];
  const withBody: string[] = [];
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(baseURL ?? "") && !/^(blob|data):/.test(url)) foreign.push(url);
    if (request.method() !== "GET" || request.postData()) withBody.push(`${request.method()} ${url}`);
  });
  await open(page, "draw");
  await draw(page, digits.three);
  await expect(answer(page)).toHaveText("3");
  await page.getByRole("button", { name: "5", exact: true }).click();
  await expect(page.getByText(/Learned in/)).toBeVisible();
  for (const place of ["Data", "Train", "Models"])
    await page.getByRole("link", { name: place, exact: true }).click();
  expect(foreign).toEqual([]);
  expect(withBody).toEqual([]);
  await expect(page.getByRole("button", { name: "0 bytes sent" })).toBeVisible();
});

test("the policy is kept: no violation on any place, and other addresses are refused", async ({ page }) => {
  const violations: string[] = [];
  page.on("console", (message) => {
    if (/Content.Security.Policy/i.test(message.text())) violations.push(message.text());
  });
  await open(page, "draw");
  await draw(page, digits.seven);
  for (const place of ["Data", "Train", "Models", "Draw"])
    await page.getByRole("link", { name: place, exact: true }).click();
  expect(violations).toEqual([]);

  const refused = await page.evaluate(async () => {
    const reach = fetch("https://example.com/").then(
      () => false,
      () => true,
    );
    return { reach: await reach };
  });
  expect(refused).toEqual({ reach: true });
  await page.getByRole("button", { name: "0 bytes sent" }).click();
  await expect(page.getByRole("dialog")).toContainText("1 attempt");
});

test("inline scripts and eval do not run", async ({ page }) => {
  await open(page, "draw");
  const ran = await page.evaluate(() => {
    const script = document.createElement("script");
    try {
      script.textContent = "window.ran = true";
    } catch {
      // Refused already by Trusted Types; this way it is code all the same.
      script.append("window.ran = true");
    }
    document.body.append(script);
    return (window as { ran?: boolean }).ran ?? false;
  });
  expect(ran).toBe(false);
});
