/// <reference types="node" />
/** The worker of Node. */
import { parentPort } from "node:worker_threads";
import type { StartMessage, ToWorker } from "../protocol.js";
import { answers, ENGINE_WORDS } from "./handlers.js";
import { node } from "./node-platform.js";
import { Server } from "./serve.js";
import { arriving } from "./team/arriving.js";
import type { ToPeer } from "./team/messages.js";

const port = parentPort;
if (port) {
  const server = new Server(
    { post: (message, transfer = []) => port.postMessage(message, transfer as ArrayBuffer[]) },
    (start: Omit<StartMessage, "type">, port) => answers(node, start, port),
    ENGINE_WORDS,
  );
  let peer: ((message: ToPeer) => void) | undefined;
  // The first message says what this worker is to be.
  port.on("message", (message: ToWorker | ToPeer) => {
    if (message.type === "peer")
      peer = arriving(node, (message, transfer = []) => port.postMessage(message, transfer));
    if (peer) peer(message as ToPeer);
    else void server.receive(message as ToWorker);
  });
}
