import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";
import { standalone } from "./scripts/standalone.mjs";
import { versions } from "./scripts/versions.mjs";

/**
 * What the page may load: its own files, nothing from elsewhere, no inline script or style, no eval
 * (`wasm-unsafe-eval` allows WebAssembly and nothing else). And what text may become markup or the address of a
 * script: what Svelte compiled, what the package and www/frame/updates.ts start.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types svelte-trusted-html tabgrad tabgrad-page",
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

export default defineConfig({
  // Relative addresses: the built page works in any folder of any host.
  base: "./",
  // Places are behind the #: a missing file is answered as missing, not with the page.
  appType: "mpa",
  publicDir: "www/public",
  plugins: [svelte(), contentSecurityPolicy(), standalone(), versions()],
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
