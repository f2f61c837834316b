import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

/**
 * What the page may load: its own files, nothing from elsewhere, no inline script or style, no eval.
 * `wasm-unsafe-eval` allows WebAssembly and nothing else; `blob:` and `data:` are images made by the page.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "worker-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
];

/** Lets workers share memory; the page works without, by messages. */
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** Writes the policy into the built page, so that it holds on any static host. */
function contentSecurityPolicy(): Plugin {
  return {
    name: "content-security-policy",
    apply: "build",
    transformIndexHtml: () => [
      {
        tag: "meta",
        attrs: { "http-equiv": "Content-Security-Policy", content: policy.join("; ") },
        injectTo: "head-prepend",
      },
    ],
  };
}

/** Lists what the build made and the page needs at once, for the service worker (www/public/sw.js). */
function listFiles(): Plugin {
  return {
    name: "list-files",
    apply: "build",
    generateBundle(_options, bundle) {
      // What reads files is kept when it is first used.
      const later = /\.html$|^assets\/(data|tabgrad_data_bg)-/;
      const files = [...Object.keys(bundle), "icon.svg", "models/digits.safetensors"].filter(
        (name) => !later.test(name),
      );
      this.emitFile({ type: "asset", fileName: "files.json", source: JSON.stringify(files) });
    },
  };
}

export default defineConfig({
  // Relative addresses: the built page works in any folder of any host.
  base: "./",
  // Places are behind the #: a missing file is answered as missing, not with the page.
  appType: "mpa",
  publicDir: "www/public",
  plugins: [svelte(), contentSecurityPolicy(), listFiles()],
  resolve: {
    // In this order: the shorter name would match the longer one, too.
    alias: {
      "tabgrad/presets": fileURLToPath(new URL("dist/presets.js", import.meta.url)),
      tabgrad: fileURLToPath(new URL("dist/index.js", import.meta.url)),
    },
  },
  worker: { format: "es" },
  build: {
    outDir: "site",
    target: "es2023",
    // Inlined assets are data: addresses, which the policy refuses for everything but images.
    assetsInlineLimit: 0,
    // The polyfill's place is browsers older than module workers.
    modulePreload: { polyfill: false },
  },
  server: { headers: isolation },
  preview: {
    headers: {
      // frame-ancestors counts in a header only, not in a meta tag.
      "Content-Security-Policy": [...policy, "frame-ancestors 'none'"].join("; "),
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
      ...isolation,
    },
  },
});
