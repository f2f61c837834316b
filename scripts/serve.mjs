// Serves the built page with its headers and says where.

import { preview } from "vite";
import { root } from "./process.mjs";

/**
 * @param {number} port the next free one is taken if it is not
 */
export async function serve(port) {
  const server = await preview({ root, logLevel: "warn", preview: { port, strictPort: false } });
  const address = server.resolvedUrls?.local[0];
  if (address === undefined) throw new Error("the server has no address");
  return { address, close: () => server.close() };
}
