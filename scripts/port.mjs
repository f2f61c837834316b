// Ports for servers that only a test knows: two runs on one machine do not get into each other's way.

import { once } from "node:events";
import { createServer } from "node:net";

/** A port that nobody listens on. */
export async function freePort() {
  const server = createServer().listen(0, "localhost");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return address.port;
}
