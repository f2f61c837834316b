/** What the worker does beyond a first prediction. */
import { runHandlers } from "./backup/handlers.js";
import { datasetHandlers } from "./datasets.js";
import { modelHandlers } from "./models.js";
import type { RestPlatform } from "./platform.js";
import { preparedSounds } from "./prepared-sounds.js";
import { savedHandlers } from "./saved.js";
import type { Handlers } from "./serve.js";
import type { Session } from "./session.js";
import type { Store } from "./store/store.js";
import { type BatchResult, type BatchWork, inBatches } from "./team/batches.js";
import { Peer } from "./team/peer.js";
import { Team, type TeamOptions } from "./team/team.js";
import { transferHandlers } from "./transfer.js";
import { takeTurns } from "./yielding.js";

/** The rest of a worker, before it knows what it is to be. */
export interface Rest {
  /** For a worker that computes for another one. */
  Peer: typeof Peer;
  /** For the one that leads. */
  lead(session: Session, options: Omit<TeamOptions, "startPeer">): Later;
}

/** The rest of the worker that leads. */
export interface Later {
  /** Who computes. */
  team: Team;
  /** Models by name. */
  store: Store;
  handlers: Partial<Handlers>;
  /** Computes every batch of a dataset. */
  inBatches<T extends BatchResult>(work: BatchWork<T>): Promise<void>;
  takeTurns: typeof takeTurns;
  preparedSounds: typeof preparedSounds;
}

/** The rest of a worker in this place. */
export function restOf(platform: RestPlatform): Rest {
  return {
    Peer,
    lead(session, options) {
      const team = new Team({ ...options, startPeer: platform.startPeer });
      const handlers = {
        ...modelHandlers(session, team, platform),
        ...runHandlers(session, platform),
        ...transferHandlers(session),
        ...savedHandlers(session, platform),
        ...datasetHandlers(session, platform),
      };
      const { store } = platform;
      return { team, store, handlers, inBatches: (work) => inBatches(team, work), takeTurns, preparedSounds };
    },
  };
}
