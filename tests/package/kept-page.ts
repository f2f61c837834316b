/** A page with the run of `kept-run.js`, which is kept. */
import type { Page } from "@playwright/test";
import type * as Tabgrad from "tabgrad";
import { openPage, type PlainPage } from "./plain-page.js";

declare global {
  var kept: (options: KeptOptions) => Promise<{ end: string; resumed: Tabgrad.ResumedRun[] }>;
}

/** What `kept-run.js` takes. */
interface KeptOptions {
  backup?: string | Tabgrad.BackupOptions;
  epochs?: number;
  samples?: number;
  /** The first of the digits that is learned from. */
  from?: number;
  seed?: number;
  onStep?: (report: Tabgrad.BatchReport, model: Tabgrad.Model) => void;
  onRun?: (run: Tabgrad.Run) => void;
  signal?: AbortSignal;
}

/** Opens the page with the run of `kept-run.js`. */
export async function openKept(page: Page, plain: PlainPage): Promise<void> {
  await openPage(page, plain.url);
  await page.evaluate(async () => {
    const { keptRun } = await import(new URL("kept-run.js", location.href).href);
    const digits = await globalThis.digits();
    globalThis.kept = (options) => keptRun(globalThis.tabgrad, digits, options);
  });
}

/** Trains until so many batches are through since it began or went on, and leaves the page as it is then. */
export function trainFor(page: Page, batches: number, backup: Tabgrad.BackupOptions): Promise<void> {
  return page.evaluate(
    ([batches, backup]) =>
      new Promise<void>((resolve, reject) => {
        let left = batches;
        const onStep = () => {
          left -= 1;
          if (left === 0) resolve();
        };
        globalThis.kept({ backup, onStep }).then(() => resolve(), reject);
      }),
    [batches, backup] as const,
  );
}

/** How it ends that nothing interrupts. */
export const unbroken = (page: Page) => page.evaluate(async () => (await globalThis.kept({})).end);
