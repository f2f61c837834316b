/** The hash of each data file of this version (scripts/versions.mjs). */
declare const FILE_HASHES: Record<string, string>;

const asked = new Set<string>();

/**
 * The address of a data file that comes with the page. It names the content, so that a server which has another
 * version by now is found out (www/sw.js).
 */
export function ownFile(name: string): URL {
  const hash = import.meta.env.PROD ? `?sha256-${FILE_HASHES[name]}` : "";
  const url = new URL(name + hash, document.baseURI);
  asked.add(url.href);
  return url;
}

/** What was asked for so far. */
export function askedFiles(): string[] {
  return [...asked];
}
