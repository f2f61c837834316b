/** How a worker becomes a peer. */
import { messageOf } from "../../errors.js";
import type { WorkerPlatform } from "../platform.js";
import type { FromPeer, ToPeer } from "./messages.js";
import type { Peer } from "./peer.js";

/** Hands on what a peer is told, in order, as soon as the file that it is in has been loaded. */
export function arriving(
  platform: WorkerPlatform,
  post: (message: FromPeer, transfer?: ArrayBuffer[]) => void,
): (message: ToPeer) => void {
  let peer: Promise<Peer> | undefined;
  return (message) => {
    if (message.type === "peer") {
      peer = platform.loadRest(message.rest).then(({ Peer }) => new Peer(post));
    }
    peer?.then(
      (peer) => peer.receive(message),
      (error) => post({ type: "failed", reason: messageOf(error) }),
    );
  };
}
