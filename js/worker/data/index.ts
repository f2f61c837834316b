/** The worker of a browser that reads files. */
import type { ToDataWorker } from "../../data-protocol.js";
import { Server } from "../serve.js";
import { browser } from "./browser-platform.js";
import { DATA_WORDS, dataAnswers } from "./handlers.js";

declare const self: DedicatedWorkerGlobalScope;

const server = new Server(
  { post: (message, transfer = []) => self.postMessage(message, transfer) },
  (start: Parameters<typeof dataAnswers>[0]) => dataAnswers(start, browser),
  DATA_WORDS,
);
self.onmessage = ({ data }: MessageEvent<ToDataWorker>) => void server.receive(data);
