// The page of one file that answers by itself, into which the exporting page puts a model (www/models/export).

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { root } from "./process.mjs";

export const NAME = "standalone.html";

/** The page, with everything within but the engine's WebAssembly and a model, for which it has places. */
export async function standalonePage() {
  const script = inElement(await bundled(), "script");
  const style = inElement(readFileSync(join(root, "www/standalone/page.css"), "utf8"), "style");
  const policy = [
    "default-src 'none'",
    `script-src '${digest(script)}' 'wasm-unsafe-eval'`,
    `style-src '${digest(style)}'`,
    "connect-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>A model</title>
<style>${style}</style>
</head>
<body>
<h1 id="name"></h1>
<main>
<section id="ask" aria-label="Question"><p>Starting.</p></section>
<section id="answer" aria-label="Answer" aria-live="polite"></section>
<p id="said" role="status"></p>
</main>
<footer>Everything happens in this file: it asks for nothing and sends nothing. It answers about one picture, row or text at a time; it cannot hear recordings, and knows no models of several inputs.</footer>
<noscript>This page needs JavaScript.</noscript>
<script type="application/json" id="model">__MODEL__</script>
<script type="text/plain" id="first">__FIRST__</script>
<script type="text/plain" id="rest">__REST__</script>
<script type="module">${script}</script>
</body>
</html>
`;
}

/**
 * Emits the page with the build, and makes it anew for each request of a page in development.
 *
 * @returns {import("vite").Plugin}
 */
export function standalone() {
  return {
    name: "standalone",
    async generateBundle() {
      this.emitFile({ type: "asset", fileName: NAME, source: await standalonePage() });
    },
    configureServer(server) {
      server.middlewares.use(`/${NAME}`, (_request, response, next) => {
        standalonePage().then((page) => response.setHeader("Content-Type", "text/html").end(page), next);
      });
    },
  };
}

async function bundled() {
  const bundle = await rolldown({
    input: join(root, "www/standalone/main.ts"),
    platform: "browser",
    resolve: { alias: { "tabgrad/alone": join(root, "dist/alone.js") } },
  });
  const { output } = await bundle.generate({ format: "es", minify: true });
  await bundle.close();
  return output[0].code;
}

/**
 * A text as it can stand in an element of its own.
 *
 * @param {string} text
 * @param {string} tag
 */
function inElement(text, tag) {
  if (new RegExp(`</${tag}|<!--`, "i").test(text))
    throw new Error(`the ${tag} of ${NAME} would end in its middle`);
  return text;
}

/** @param {string} text */
function digest(text) {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
