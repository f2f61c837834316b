/** A WebDriver client as small as the tests in WebKit need: Playwright does not drive the system's WebKit. */

import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { findWebKit } from "../../scripts/browsers.mjs";
import { freePort } from "../../scripts/port.mjs";

/** The key under which WebDriver hands out an element (W3C WebDriver, section 12.1). */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

/** A point of a stroke, in CSS pixels from the element's upper left corner. */
export type Point = readonly [x: number, y: number];

/** A WebKit window. */
export class WebKit {
  private constructor(
    private readonly process: ChildProcess,
    private readonly session: string,
  ) {}

  /** Starts WebKit without a screen. */
  static async start(): Promise<WebKit> {
    const programs = findWebKit();
    if (programs === undefined) {
      throw new Error("WebKit was not found (Debian: apt-get install webkit2gtk-driver xvfb)");
    }
    const port = await freePort();
    // A group of its own: xvfb-run does not pass on the signal that ends it.
    const process = spawn(programs.xvfb, ["-a", programs.driver, `--port=${port}`], {
      stdio: "ignore",
      detached: true,
    });
    try {
      const server = `http://127.0.0.1:${port}`;
      await until(
        () =>
          fetch(`${server}/status`).then(
            (response) => response.ok,
            () => false,
          ),
        "WebKitWebDriver",
      );
      const created = await command(`${server}/session`, "POST", {
        capabilities: {
          alwaysMatch: {
            browserName: "MiniBrowser",
            "webkitgtk:browserOptions": { binary: programs.browser, args: ["--automation"] },
          },
        },
      });
      return new WebKit(process, `${server}/session/${(created as { sessionId: string }).sessionId}`);
    } catch (error) {
      end(process);
      throw error;
    }
  }

  /** Opens an address and waits until it has loaded. */
  async open(url: string): Promise<void> {
    await this.post("url", { url });
  }

  /** Loads the page anew. */
  async reload(): Promise<void> {
    await this.post("refresh", {});
  }

  /** The result of a function body in the page; a promise is awaited. */
  async evaluate<T>(body: string, ...args: unknown[]): Promise<T> {
    return (await this.post("execute/sync", { script: body, args })) as T;
  }

  /** Waits until the function body gives something true, and gives that. */
  async waitFor<T>(body: string, what: string, seconds = 20): Promise<T> {
    return until(() => this.evaluate<T>(body), what, seconds);
  }

  /** Clicks the first element of a CSS selector. */
  async click(selector: string): Promise<void> {
    await this.post(`element/${await this.find(selector)}/click`, {});
  }

  /** Draws a stroke over an element with the mouse. */
  async stroke(selector: string, points: readonly Point[]): Promise<void> {
    const [left, top] = await this.evaluate<Point>(
      "const box = document.querySelector(arguments[0]).getBoundingClientRect(); return [box.left, box.top];",
      selector,
    );
    const move = ([x, y]: Point, duration: number) => ({
      type: "pointerMove",
      duration,
      origin: "viewport",
      x: Math.round(left + x),
      y: Math.round(top + y),
    });
    const [first, ...rest] = points;
    if (first === undefined) throw new Error("a stroke has at least one point");
    await this.post("actions", {
      actions: [
        {
          type: "pointer",
          id: "mouse",
          parameters: { pointerType: "mouse" },
          actions: [
            move(first, 0),
            { type: "pointerDown", button: 0 },
            ...rest.map((point) => move(point, 20)),
            { type: "pointerUp", button: 0 },
          ],
        },
      ],
    });
  }

  /** Closes the window and ends its driver. */
  async close(): Promise<void> {
    try {
      await command(this.session, "DELETE");
    } finally {
      end(this.process);
    }
  }

  private async find(selector: string): Promise<string> {
    const found = await this.post("element", { using: "css selector", value: selector });
    return (found as Record<string, string>)[ELEMENT] ?? "";
  }

  private post(path: string, body: object): Promise<unknown> {
    return command(`${this.session}/${path}`, "POST", body);
  }
}

async function command(url: string, method: string, body?: object): Promise<unknown> {
  const response = await fetch(url, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
  const { value } = (await response.json()) as { value: unknown };
  if (!response.ok) {
    const { error, message } = value as { error: string; message: string };
    throw new Error(`WebDriver: ${error}: ${message}`);
  }
  return value;
}

/** Asks until the answer is true, and gives it. */
async function until<T>(ask: () => Promise<T>, what: string, seconds = 20): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (performance.now() > end) throw new Error(`${what} did not come in ${seconds} s`);
    await sleep(100);
  }
}

function end(process: ChildProcess): void {
  if (process.pid !== undefined && process.exitCode === null) globalThis.process.kill(-process.pid);
}
