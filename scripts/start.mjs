// npm start: installs, builds and serves the page.

import { build } from "./build.mjs";
import { install } from "./install.mjs";

await install();
await build();
// Only now is there a Vite to import.
const { serve } = await import("./serve.mjs");
const { address } = await serve(Number(process.env.PORT ?? 4173));
console.log(`\ntabgrad is at ${address}  (Ctrl-C ends it)`);
