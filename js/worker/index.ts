/** The worker of a browser. */
import type { JoinMessage, StartMessage, ToWorker } from "../protocol.js";
import { browser } from "./browser-platform.js";
import { answers, ENGINE_WORDS } from "./handlers.js";
import { Server } from "./serve.js";
import type { ToPeer } from "./team/messages.js";
import { Peer } from "./team/peer.js";

declare const self: DedicatedWorkerGlobalScope;

const server = new Server(
  { post: (message, transfer = []) => self.postMessage(message, transfer) },
  (start: Omit<StartMessage, "type">, port) => answers(browser, start, port),
  ENGINE_WORDS,
);
let peer: Peer | undefined;
// The first message says what this worker is to be.
self.onmessage = ({ data }: MessageEvent<ToWorker | ToPeer | JoinMessage>) => {
  if (data.type === "join") {
    const { port } = data;
    const joined = new Peer((message, transfer = []) => port.postMessage(message, transfer));
    port.onmessage = ({ data }: MessageEvent<ToPeer>) => void joined.receive(data);
    return;
  }
  if (data.type === "peer") {
    peer = new Peer((message, transfer = []) => self.postMessage(message, transfer));
  }
  if (peer) void peer.receive(data as ToPeer);
  else void server.receive(data as ToWorker);
};
