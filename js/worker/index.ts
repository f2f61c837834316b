/** The worker of a browser. */
import type { EngineMessage, JoinMessage, StartMessage, ToWorker } from "../protocol.js";
import { browser } from "./browser-platform.js";
import { answers, ENGINE_WORDS } from "./handlers.js";
import { Server } from "./serve.js";
import { arriving } from "./team/arriving.js";
import type { ToPeer } from "./team/messages.js";

declare const self: DedicatedWorkerGlobalScope;

let useCompiled: (message: EngineMessage) => void;
const compiled = new Promise<EngineMessage>((resolve) => {
  useCompiled = resolve;
});
const server = new Server(
  { post: (message, transfer = []) => self.postMessage(message, transfer) },
  (start: Omit<StartMessage, "type">, port) => answers(browser, start, port, compiled),
  ENGINE_WORDS,
);
let peer: ((message: ToPeer) => void) | undefined;
// The first message says what this worker is to be.
self.onmessage = ({ data }: MessageEvent<ToWorker | EngineMessage | ToPeer | JoinMessage>) => {
  if (data.type === "join") {
    const { port } = data;
    const joined = arriving(browser, (message, transfer = []) => port.postMessage(message, transfer));
    port.onmessage = ({ data }: MessageEvent<ToPeer>) => joined(data);
    return;
  }
  if (data.type === "peer") {
    peer = arriving(browser, (message, transfer = []) => self.postMessage(message, transfer));
  }
  if (data.type === "engine") useCompiled(data);
  else if (peer) peer(data as ToPeer);
  else void server.receive(data as ToWorker);
};
