import { remember, remembered } from "../shared/settings";

export const schemes = ["system", "light", "dark"] as const;
export type SchemeChoice = (typeof schemes)[number];

/** Light or dark: the system's choice unless the user made one. */
class Scheme {
  choice = $state<SchemeChoice>("system");
  /** Grows whenever the colours in effect may have changed; canvases repaint on it. */
  version = $state(0);

  constructor() {
    this.set(remembered("scheme", (value) => schemes.find((s) => s === value)) ?? "system");
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.version += 1;
    });
  }

  set(choice: SchemeChoice): void {
    this.choice = choice;
    if (choice === "system") delete document.documentElement.dataset.scheme;
    else document.documentElement.dataset.scheme = choice;
    remember("scheme", choice);
    this.version += 1;
  }
}

export const scheme = new Scheme();
