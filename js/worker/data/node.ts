/// <reference types="node" />
/** The worker of Node that reads files. */
import { parentPort } from "node:worker_threads";
import type { ToDataWorker } from "../../data-protocol.js";
import { Server } from "../serve.js";
import { DATA_WORDS, dataAnswers } from "./handlers.js";
import { nodePlatform } from "./node-platform.js";

const port = parentPort;
if (port) {
  const server = new Server(
    { post: (message, transfer = []) => port.postMessage(message, transfer as ArrayBuffer[]) },
    (start: Parameters<typeof dataAnswers>[0]) => dataAnswers(start, nodePlatform(start.folder)),
    DATA_WORDS,
  );
  port.on("message", (message: ToDataWorker) => void server.receive(message));
}
