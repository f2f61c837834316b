/** The worker of a browser. */
import { browser } from "./browser-platform.js";
import { handlers } from "./handlers.js";
import { Server } from "./serve.js";

declare const self: DedicatedWorkerGlobalScope;

const server = new Server(
  { post: (message, transfer = []) => self.postMessage(message, transfer) },
  (urls, port) => handlers(browser, urls, port),
);
self.onmessage = (event) => void server.receive(event.data);
