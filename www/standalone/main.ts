/** The page of one file that answers by itself. Whatever the model's file says becomes text and nothing else. */
import { type AloneModel, type AloneSample, openAlone } from "tabgrad/alone";
import { type Field, fieldsOf, rowOf } from "../draw/asking";
import { bytesOf, type Embedded, unpacked } from "./embedded";
import { pad } from "./pad";

/** Classes that are shown at most. */
const SHOWN = 10;

const element = (id: string) => document.getElementById(id) as HTMLElement;

function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(...children);
  return made;
}

async function start(): Promise<void> {
  const { name, kind, weights } = JSON.parse(element("model").textContent ?? "") as Embedded;
  document.title = name;
  element("name").textContent = name;
  const [first, rest] = await Promise.all([unpacked("first"), unpacked("rest")]);
  const model = await openAlone({ first, rest, model: bytesOf(weights) });
  const asking = new Asking(model);
  element("ask").replaceChildren(...inputs(kind, model, asking));
  say("");
}

/** Asks about one sample at a time; of those that come meanwhile, about the last. */
class Asking {
  readonly #model: AloneModel;
  #next: AloneSample | undefined;
  #busy = false;

  constructor(model: AloneModel) {
    this.#model = model;
  }

  ask(sample: AloneSample | undefined): void {
    if (!sample) {
      element("answer").replaceChildren();
      say("");
      return;
    }
    this.#next = sample;
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let sample = this.#next; sample; sample = this.#next) {
      this.#next = undefined;
      try {
        const [output] = Object.values(await this.#model.ask(sample));
        if (output) show(Array.from(output.data), this.#model.info.classNames);
        say("");
      } catch (error) {
        element("answer").replaceChildren();
        say(error instanceof Error ? error.message : String(error));
      }
    }
    this.#busy = false;
  }
}

function inputs(kind: Embedded["kind"], { info }: AloneModel, asking: Asking): Node[] {
  if (kind === "rows") return rowInputs(fieldsOf(info), asking);
  if (kind === "texts") {
    const area = make("textarea", { rows: 8, ariaLabel: "Text" });
    area.addEventListener("input", () => asking.ask(area.value.trim() ? { text: area.value } : undefined));
    return [make("p", {}, "Write or paste a text."), area];
  }
  if (kind === "numbers") return numberInputs(info.spec.inputs[0]?.shape ?? [], asking);
  return pictureInputs(asking);
}

function pictureInputs(asking: Asking): Node[] {
  const drawn = pad((image) => asking.ask({ image }));
  const picture = make("canvas", { hidden: true, ariaLabel: "The picture that was asked about" });
  const take = async (file: File | null | undefined) => {
    if (!file) return;
    asking.ask({ image: file });
    const bitmap = await createImageBitmap(file).catch(() => undefined);
    picture.hidden = bitmap === undefined;
    if (!bitmap) return;
    const scale = Math.min(1, 280 / Math.max(bitmap.width, bitmap.height));
    picture.width = Math.max(1, Math.round(bitmap.width * scale));
    picture.height = Math.max(1, Math.round(bitmap.height * scale));
    picture.getContext("2d")?.drawImage(bitmap, 0, 0, picture.width, picture.height);
    bitmap.close();
  };
  const chooser = make("input", { type: "file", accept: "image/*" });
  chooser.addEventListener("change", () => void take(chooser.files?.[0]));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    void take(event.dataTransfer?.files[0]);
  });
  const clear = make("button", { type: "button" }, "Clear");
  clear.addEventListener("click", () => {
    drawn.clear();
    picture.hidden = true;
    chooser.value = "";
    asking.ask(undefined);
  });
  return [
    make("p", {}, "Draw, drop a picture here, or choose one."),
    drawn.canvas,
    make("p", {}, clear),
    make("label", {}, "Picture ", chooser),
    picture,
  ];
}

function rowInputs(fields: readonly Field[], asking: Asking): Node[] {
  const typed = new Map(fields.map(({ name, usual }) => [name, usual]));
  const ask = () => asking.ask({ row: rowOf(fields, typed) });
  const nodes = fields.map((field) => {
    const control = controlOf(field);
    control.value = field.usual;
    control.addEventListener("input", () => {
      typed.set(field.name, control.value);
      ask();
    });
    return make("label", {}, make("span", {}, field.name), control);
  });
  ask();
  return [
    make("p", {}, "Change a value, and the answer follows. What you leave empty counts as missing."),
    ...nodes,
  ];
}

function controlOf({ kind, choices }: Field): HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement {
  if (kind === "text") return make("textarea", { rows: 3 });
  const offered = kind === "boolean" ? ["true", "false"] : kind === "category" ? choices : undefined;
  if (!offered) return make("input", { type: "text", inputMode: kind === "number" ? "decimal" : "text" });
  return make(
    "select",
    {},
    ...["", ...offered].map((value) => make("option", { value }, value || "(missing)")),
  );
}

function numberInputs(shape: readonly number[], asking: Asking): Node[] {
  const wanted = shape.reduce((all, size) => all * size, 1);
  const area = make("textarea", { rows: 6, ariaLabel: "Numbers" });
  area.addEventListener("input", () => {
    const words = area.value.split(/[\s,;]+/).filter(Boolean);
    const numbers = Float32Array.from(words, Number);
    const fits = numbers.length === wanted && numbers.every(Number.isFinite);
    asking.ask(fits ? { numbers } : undefined);
    if (words.length > 0 && !fits) say(`Found ${words.length} of ${wanted} numbers.`);
  });
  return [
    make(
      "p",
      {},
      `Type or paste ${wanted} numbers (${shape.join(" × ")}), with spaces or commas between them.`,
    ),
    area,
  ];
}

/** The most probable classes, or what was estimated. */
function show(values: readonly number[], classNames: readonly string[]): void {
  if (classNames.length !== values.length) {
    const said = values.slice(0, SHOWN).map((value) => String(Number(value.toPrecision(5))));
    element("answer").replaceChildren(make("p", { className: "best" }, said.join(", ")));
    return;
  }
  const order = values.map((_, i) => i).sort((a, b) => (values[b] as number) - (values[a] as number));
  const rows = order.slice(0, SHOWN).map((i) => {
    const value = values[i] as number;
    const bar = make("meter", { max: 1, value, ariaHidden: "true" });
    return make("li", {}, make("span", {}, classNames[i] ?? String(i)), bar, `${(100 * value).toFixed(1)}%`);
  });
  const best = make("p", { className: "best" }, classNames[order[0] as number] ?? "");
  best.dataset.testid = "best";
  element("answer").replaceChildren(best, make("ol", {}, ...rows));
}

function say(text: string): void {
  element("said").textContent = text;
}

start().catch((error: unknown) => say(error instanceof Error ? error.message : String(error)));
