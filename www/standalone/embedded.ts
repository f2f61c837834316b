/** What a page that answers by itself has within. */

/** The model, as the exporting page puts it in as JSON. */
export interface Embedded {
  name: string;
  /** What it is asked about. */
  kind: "pictures" | "rows" | "texts" | "numbers";
  /** Its file in base64. */
  weights: string;
}

/** The bytes that an element of the page holds in base64, packed with gzip. */
export async function unpacked(id: string): Promise<Uint8Array> {
  const packed = bytesOf(document.getElementById(id)?.textContent ?? "");
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The bytes of a text in base64. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64.trim()), (symbol) => symbol.charCodeAt(0));
}
