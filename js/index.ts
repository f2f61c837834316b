/** tabgrad for browsers: pages, and workers of pages. */
import { browser } from "./platform/browser.js";
import { usePlatform } from "./platform/platform.js";

usePlatform(browser);

export * from "./api.js";
