import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "@playwright/test";
import { chromiumArgs, findChromium, findFirefox } from "./scripts/browsers.mjs";
import { freePort } from "./scripts/port.mjs";

// This file is read again in every worker; they inherit the environment, and so the port.
process.env.TABGRAD_TEST_PORT ??= String(await freePort());
const port = process.env.TABGRAD_TEST_PORT;
process.env.TABGRAD_TEST_PROJECTS ??= join(tmpdir(), `tabgrad-projects-${process.pid}`);
const chromium = findChromium();
const firefox = findFirefox();

/** A moving picture instead of a camera, given without asking. */
const fakeCamera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

export default defineConfig({
  testDir: "tests",
  testMatch: "{page,package}/**/*.spec.ts",
  outputDir: "test-results",
  globalTeardown: "./tests/package/teardown.ts",
  // Training takes the cores; tests side by side would only time each other out.
  workers: 1,
  timeout: 60_000,
  // A download broke once in a run of all of them on a busy machine. What fails twice is broken; what failed once is
  // listed as flaky.
  retries: 1,
  forbidOnly: true,
  reporter: "list",
  use: { baseURL: `http://localhost:${port}/`, screenshot: "only-on-failure" },
  webServer: {
    command: `node node_modules/vite/bin/vite.js preview --port ${port} --strictPort`,
    url: `http://localhost:${port}/`,
    reuseExistingServer: false,
  },
  projects: [
    {
      name: "chromium",
      use: {
        browserName: "chromium",
        launchOptions: {
          args: [...chromiumArgs, ...fakeCamera],
          ...(chromium ? { executablePath: chromium } : {}),
        },
      },
    },
    {
      name: "firefox",
      // What depends on the browser; the rest is the same code everywhere and is tested once.
      grep: /@everywhere/,
      use: {
        browserName: "firefox",
        // A Firefox of the system is driven by WebDriver BiDi; Playwright's own build is not.
        ...(firefox ? { channel: "moz-firefox", launchOptions: { executablePath: firefox } } : {}),
      },
    },
  ],
});
