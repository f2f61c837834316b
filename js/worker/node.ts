/// <reference types="node" />
/** The worker of Node. */
import { parentPort } from "node:worker_threads";
import { handlers } from "./handlers.js";
import { node } from "./node-platform.js";
import { Server } from "./serve.js";

const port = parentPort;
if (port) {
  const server = new Server(
    { post: (message, transfer = []) => port.postMessage(message, transfer as ArrayBuffer[]) },
    (urls, port) => handlers(node, urls, port),
  );
  port.on("message", (message) => void server.receive(message));
}
