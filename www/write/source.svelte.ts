import { ownFile } from "../shared/own-files";
import { pageDb, pageWrite } from "../shared/page-db";
import { explain } from "../shared/problem";
import { settings } from "./settings.svelte";
import { different, textOf, tooLarge, tooShort } from "./texts";

/** A text to learn from. */
export interface Text {
  name: string;
  text: string;
  /** How many different characters it has. */
  different: number;
}

/** The text that comes with the page. */
export const SAMPLE = { name: "Shakespeare", bytes: 389_260, prompt: "ROMEO:" } as const;

/** The text that the model of this place learns from. */
class TextSource {
  text = $state.raw<Text | undefined>();
  /** What is being done, in words; empty if nothing is. */
  doing = $state("");
  problem = $state("");
  #asked = 0;
  #started = false;

  /** Brings back the text of the last visit. */
  async start(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    await this.#take("Looking for the text of your last visit", async () => {
      const stored = await (await pageDb()).get("texts", "chosen");
      return stored ? { name: stored.name, text: stored.text, kept: true } : undefined;
    });
  }

  useSample(): Promise<boolean> {
    return this.#take("Loading Shakespeare", async () => {
      const response = await fetch(ownFile("texts/shakespeare.txt.gzip"));
      if (!response.ok || !response.body) {
        throw new Error(`The sample text cannot be loaded: the server answered ${response.status}.`);
      }
      const unpacked = response.body.pipeThrough(new DecompressionStream("gzip"));
      return { name: SAMPLE.name, text: await new Response(unpacked).text() };
    });
  }

  useFile(file: File): Promise<boolean> {
    return this.#take(`Reading ${file.name}`, async () => {
      const refusal = tooLarge(file.size, file.name);
      if (refusal) throw new Error(refusal);
      const text = textOf(new Uint8Array(await file.arrayBuffer()), file.name);
      return { name: file.name.replace(/\.\w{1,4}$/, "").slice(0, 60), text, called: file.name };
    });
  }

  usePasted(pasted: string): Promise<boolean> {
    return this.#take("Reading what you pasted", async () => {
      const refusal = tooLarge(pasted.length, "What you pasted");
      if (refusal) throw new Error(refusal);
      return { name: "Pasted text", text: pasted.replace(/\r\n?/g, "\n"), called: "What you pasted" };
    });
  }

  /** Takes a text, unless another is asked for meanwhile. Says whether it is there now. */
  async #take(
    doing: string,
    read: () => Promise<{ name: string; text: string; called?: string; kept?: boolean } | undefined>,
  ): Promise<boolean> {
    const asked = ++this.#asked;
    this.doing = doing;
    this.problem = "";
    try {
      const found = await read();
      const refusal = found && tooShort(found.text, found.called ?? found.name);
      if (refusal) throw new Error(refusal);
      const text = found && { name: found.name, text: found.text, different: await different(found.text) };
      if (asked !== this.#asked) return false;
      if (text) this.text = text;
      if (text && !found?.kept) this.#suggestPrompt(text.name);
      if (text && !found?.kept) await this.#keep(text);
      return text !== undefined;
    } catch (error) {
      if (asked === this.#asked) this.problem = explain(error);
      return false;
    } finally {
      if (asked === this.#asked) this.doing = "";
    }
  }

  /** A beginning that was no choice of anybody's goes with its text. */
  #suggestPrompt(name: string): void {
    const own = settings.chosen.prompt !== "" && settings.chosen.prompt !== SAMPLE.prompt;
    if (!own) settings.set("prompt", name === SAMPLE.name ? SAMPLE.prompt : "");
  }

  async #keep({ name, text }: Text): Promise<void> {
    try {
      await pageWrite(["texts"], "strict", (writing, begin) => {
        begin(writing.objectStore("texts").put({ id: "chosen", name, text }));
      });
    } catch (error) {
      this.problem = `${name} can be used now, but not kept for your next visit: ${explain(error)}`;
    }
  }
}

export const source = new TextSource();
