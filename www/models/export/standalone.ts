/** A page of one file that answers by itself (www/standalone). */
import type { Model } from "tabgrad";
// As files of their own: the package has them, too, and the build takes them for the same.
import firstUrl from "../../../dist/tabgrad_bg.wasm?url";
import restUrl from "../../../dist/tabgrad_rest.wasm?url";
import type { Embedded } from "../../standalone/embedded";
import { takesPictures } from "../takes";

/** The page for a model, or why there is none. */
export async function standalone(
  name: string,
  model: Model,
  weights: Blob,
  signal: AbortSignal,
): Promise<{ html: string } | { why: string }> {
  const kind = kindOf(model);
  if (typeof kind !== "string") return kind;
  const embedded: Embedded = { name, kind, weights: await base64(weights) };
  const [page, first, rest] = await Promise.all([
    fetched(new URL("standalone.html", document.baseURI), signal).then((blob) => blob.text()),
    fetched(new URL(firstUrl, document.baseURI), signal).then(packed),
    fetched(new URL(restUrl, document.baseURI), signal).then(packed),
  ]);
  // The model comes last: what it says is looked at for no place any more.
  const places: [string, string][] = [
    ["__FIRST__", first],
    ["__REST__", rest],
    ["__MODEL__", inScript(embedded)],
  ];
  let html = page;
  // By functions: in a text, $& and the like would mean something.
  for (const [place, content] of places) html = html.replace(place, () => content);
  return { html };
}

async function fetched(url: URL, signal: AbortSignal): Promise<Blob> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`${url} was answered with status ${response.status}.`);
  return response.blob();
}

/** In gzip and base64. */
async function packed(blob: Blob): Promise<string> {
  return base64(await new Response(blob.stream().pipeThrough(new CompressionStream("gzip"))).blob());
}

function kindOf(model: Model): Embedded["kind"] | { why: string } {
  const { table, text, audio, features } = model.preprocessing ?? {};
  if (audio) return { why: "recordings are not prepared there." };
  if (model.spec.inputs.length > 1 || model.spec.outputs.length > 1) {
    return { why: "a model of several inputs or outputs cannot be asked there." };
  }
  if (table) return "rows";
  if (text)
    return text.output !== "counts" && model.classNames.length === 0
      ? { why: "it does not write texts." }
      : "texts";
  if (features?.length) return "pictures";
  return takesPictures(model) ? "pictures" : "numbers";
}

/** JSON that ends no element whatever it holds. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

async function base64(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  // In pieces: so many arguments a call takes.
  for (let at = 0; at < bytes.length; at += 0x8000)
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
