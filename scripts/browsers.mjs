// Where the browsers are that the tests drive. Names in the environment win over what is found.

import { existsSync } from "node:fs";
import { run, which } from "./process.mjs";

/** Flags that keep Chromium quiet; root cannot have its sandbox. */
export const chromiumArgs = [
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];

export const findChromium = () =>
  which(
    process.env.TABGRAD_CHROMIUM,
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  );

export const findChromedriver = () => which(process.env.CHROMEDRIVER, "chromedriver");

export const findFirefox = () =>
  which(
    process.env.TABGRAD_FIREFOX,
    "firefox-esr",
    "firefox",
    "/Applications/Firefox.app/Contents/MacOS/firefox",
  );

/** WebKitGTK, its driver and a screen for it; undefined unless all three are there. */
export function findWebKit() {
  const driver = which(process.env.WEBKITDRIVER, "WebKitWebDriver");
  const xvfb = which("xvfb-run");
  const browser = process.env.TABGRAD_WEBKIT ?? miniBrowsers().find((path) => existsSync(path));
  return driver && xvfb && browser ? { driver, xvfb, browser } : undefined;
}

/** Where distributions keep MiniBrowser. */
function miniBrowsers() {
  const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
  const folders = [`/usr/lib/${machine}-linux-gnu`, "/usr/lib64", "/usr/libexec", "/usr/lib"];
  const versions = ["webkit2gtk-4.1", "webkit2gtk-4.0", "webkitgtk-6.0"];
  return folders.flatMap((folder) => versions.map((version) => `${folder}/${version}/MiniBrowser`));
}

/** The browsers that Playwright installed itself, as it would start them. */
async function playwrightHas() {
  const { chromium, firefox } = await import("playwright-core");
  return { chromium: existsSync(chromium.executablePath()), firefox: existsSync(firefox.executablePath()) };
}

/** Debian's packages for what is missing. */
const missingPackages = () => [
  ...(findChromium() ? [] : ["chromium"]),
  ...(findChromedriver() ? [] : ["chromium-driver"]),
  ...(findFirefox() ? [] : ["firefox-esr"]),
  ...(findWebKit() ? [] : ["webkit2gtk-driver", "xvfb", "xauth"]),
];

/**
 * Installs the browsers that are missing where that can be done without asking, and says what to do about
 * the rest. Never fails: the tests that need a browser do, and name it.
 */
export async function installBrowsers() {
  const packages = missingPackages();
  if (packages.length > 0 && process.getuid?.() === 0 && which("apt-get")) {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    await run("apt-get", ["update", "-qq"])
      .then(() => run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], env))
      .catch((error) => console.log(`The browsers could not be installed: ${error.message}`));
  }
  if (!findChromium() || !findFirefox()) {
    const has = await playwrightHas();
    const wanted = [
      ...(findChromium() || has.chromium ? [] : ["chromium"]),
      ...(findFirefox() || has.firefox ? [] : ["firefox"]),
    ];
    if (wanted.length > 0) {
      await run("npx", ["playwright", "install", ...wanted]).catch((error) =>
        console.log(
          `${wanted.join(" and ")} could not be installed (${error.message}).\n` +
            "Install them by hand, or name their programs in TABGRAD_CHROMIUM and TABGRAD_FIREFOX.",
        ),
      );
    }
  }
  if (!findChromedriver()) {
    console.log(
      "chromedriver is missing: the Rust tests cannot run in Chromium. Install the one of your Chromium's version\n" +
        "(Debian: apt-get install chromium-driver; macOS: brew install chromedriver), or name it in CHROMEDRIVER.",
    );
  }
}
