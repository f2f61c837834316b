import { loadModel, type Model } from "tabgrad";
import { running } from "../frame/running.svelte";
import { modelUrl } from "../models/current.svelte";
import { codeOf, explain, isAbort } from "../shared/problem";
import { forget, remember, remembered } from "../shared/settings";
import { type Writing, withOlder } from "./writings";

/** What is to be written. */
export interface Request {
  /** What it begins with; a new line if empty. */
  prompt: string;
  temperature: number;
  /** Characters. */
  length: number;
  /** How far the training is, of a model that is being trained. */
  at?: Writing["at"];
}

/** The model that writes, and what it wrote. */
class Author {
  model = $state.raw<Model | undefined>();
  name = $state("");
  older = $state.raw<readonly Writing[]>([]);
  now = $state.raw<Writing | undefined>();
  /** Whether it is writing because someone asked for it, and whether at all. */
  asked = $state(false);
  writing = $state(false);
  loading = $state(false);
  problem = $state("");
  #next = 1;
  #turn = 0;
  #abort: AbortController | undefined;
  #last: Promise<void> = Promise.resolve();

  /** The model that wrote last at an earlier visit. */
  async start(): Promise<void> {
    const name = remembered("writer", (value) => (typeof value === "string" ? value : undefined));
    if (this.model || name === undefined) return;
    await this.use(name);
    // It was deleted or has another name by now: nothing that someone asked for just now.
    if (!this.model) {
      this.problem = "";
      forget("writer");
    }
  }

  /** Takes a model of this browser. */
  async use(name: string): Promise<void> {
    if (this.model && this.name === name) return;
    const { now } = running;
    if (now?.place === "write") {
      this.problem = `${now.name} learns and writes now. ${name} can write when that is over.`;
      return;
    }
    this.loading = true;
    this.problem = "";
    try {
      const model = await loadModel(modelUrl(name));
      if (model.preprocessing?.text) this.adopt(model, name);
      else {
        model.dispose();
        this.problem = `${name} cannot write: it was not trained on a text. Train one here.`;
      }
    } catch (error) {
      this.problem = explain(error);
    } finally {
      this.loading = false;
    }
  }

  /** The model got its name, if it is still the one that writes. */
  renamed(model: Model, name: string): void {
    if (this.model !== model) return;
    this.name = name;
    remember("writer", name);
  }

  /** Takes a model that writes from now on; the one before is let go with what it wrote. */
  adopt(model: Model, name: string): void {
    this.stop();
    if (this.model !== model) this.model?.dispose();
    this.model = model;
    this.name = name;
    this.older = [];
    this.now = undefined;
    this.problem = "";
    remember("writer", name);
  }

  /** Lets a model go. */
  leave(model: Model): void {
    if (this.model !== model) return;
    this.stop();
    model.dispose();
    this.model = undefined;
    this.name = "";
    this.now = undefined;
    forget("writer");
  }

  /** Writes a new text; the one before becomes an older one. */
  write(request: Request, asked = true): Promise<void> {
    const { prompt, temperature, at } = request;
    const begun = { id: this.#next++, prompt, text: "", temperature, ...(at ? { at } : {}) };
    return this.#inTurn(asked, async (signal) => {
      if (this.now?.text) this.older = withOlder(this.older, this.now);
      this.now = begun;
      await this.#goOn(begun, request, signal);
    });
  }

  /** Goes on where the text ends. */
  more({ temperature, length }: Omit<Request, "prompt">): Promise<void> {
    return this.#inTurn(true, async (signal) => {
      const { now } = this;
      if (now) await this.#goOn(now, { prompt: now.prompt, temperature, length }, signal);
    });
  }

  stop(): void {
    this.#turn += 1;
    this.#abort?.abort();
  }

  /** Lets what is being written end early, and then does it, unless something else is asked for meanwhile. */
  #inTurn(asked: boolean, action: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.stop();
    const turn = this.#turn;
    const before = this.#last;
    this.#last = (async () => {
      await before;
      if (turn !== this.#turn) return;
      const abort = new AbortController();
      this.#abort = abort;
      this.asked = asked;
      this.writing = true;
      this.problem = "";
      try {
        await action(abort.signal);
      } catch (error) {
        if (!isAbort(error) && codeOf(error) !== "disposed") this.problem = explain(error);
      } finally {
        this.asked = false;
        this.writing = false;
      }
    })();
    return this.#last;
  }

  async #goOn(from: Writing, { temperature, length }: Request, signal: AbortSignal): Promise<void> {
    const { model } = this;
    if (!model) return;
    const start = (from.prompt || "\n") + from.text;
    // What the model makes of it: a character that it does not know is another for it.
    const heard = await model.generate(start, { length: 0 });
    const missing = heard === start ? {} : { unknown: true };
    const said = (text: string) => {
      this.now = { ...from, ...missing, text: from.text + text.slice(heard.length) };
    };
    said(await model.generate(start, { length, temperature, seed: this.#next++, signal, onText: said }));
  }
}

export const author = new Author();
