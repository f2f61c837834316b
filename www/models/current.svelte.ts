import { loadModel, type Model } from "tabgrad";
import { bytes } from "../shared/format";
import { ownFile } from "../shared/own-files";
import { codeOf, explain } from "../shared/problem";
import { remember, remembered } from "../shared/settings";
import { grade, type Note, noteOf } from "./notes";

/** The model that comes with the page. */
export const SHIPPED = "Digits";

export const modelUrl = (name: string) => `indexeddb://${name}`;

/** The model that answers on the Draw place. */
class Current {
  model = $state.raw<Model | undefined>();
  name = $state(SHIPPED);
  note = $state.raw<Note | undefined>();
  state = $state<"loading" | "ready" | "failed">("loading");
  problem = $state("");
  progress = $state("");
  /** Grows whenever the model or its weights have changed. */
  version = $state(0);

  get accuracyText(): string {
    if (this.state === "loading") return "loading";
    return this.note ? grade(this.note) : "";
  }

  get shipped(): boolean {
    return this.name === SHIPPED;
  }

  /** The model of the last visit, else the one that comes with the page. */
  async start(): Promise<void> {
    const name = remembered("model", (value) => (typeof value === "string" ? value : undefined)) ?? SHIPPED;
    if (name !== SHIPPED) {
      await this.use(name);
      if (this.state === "ready") return;
      const reason = this.problem;
      await this.use(SHIPPED);
      this.problem = `The model “${name}” could not be loaded: ${reason} The model that comes with the page is in use.`;
    } else {
      await this.use(SHIPPED);
    }
  }

  async use(name: string): Promise<void> {
    this.state = "loading";
    this.problem = "";
    try {
      const model = await loadModel(
        name === SHIPPED ? ownFile("models/digits.safetensors") : modelUrl(name),
        {
          onProgress: ({ done, total }) => {
            this.progress = total > 0 ? `${bytes(done)} of ${bytes(total)}` : bytes(done);
          },
        },
      );
      this.adopt(model, name);
    } catch (error) {
      this.state = this.model ? "ready" : "failed";
      this.problem = explain(error);
      if (codeOf(error) === "notFound" && name !== SHIPPED) remember("model", SHIPPED);
    }
  }

  /** Takes a loaded or trained model into use; the one before is let go. */
  adopt(model: Model, name: string): void {
    if (this.model && this.model !== model) this.model.dispose();
    this.model = model;
    this.name = name;
    this.note = noteOf(name) ?? noteFromHistory(model);
    this.state = "ready";
    this.problem = "";
    this.version += 1;
    remember("model", name);
  }

  /** The same model goes under another name from now on. */
  renamed(name: string, note = noteOf(name) ?? this.note): void {
    this.name = name;
    this.note = note;
    remember("model", name);
  }

  /** Its weights were changed in place. */
  changed(): void {
    this.version += 1;
  }
}

/** What the history of a model says of it, where nothing else is known. */
export function noteFromHistory({ history }: Model): Note | undefined {
  const about = (kept: boolean) => ({
    on: kept ? "its validation data" : "its training data",
    total: 10_000,
  });
  for (const kept of [true, false]) {
    const accuracy = history[kept ? "valAccuracy" : "accuracy"]?.at(-1);
    if (accuracy !== undefined) return { accuracy, ...about(kept) };
    const error = history[kept ? "valMeanAbsoluteError" : "meanAbsoluteError"]?.at(-1);
    if (error !== undefined) return { error, ...about(kept) };
  }
  return undefined;
}

export const current = new Current();
