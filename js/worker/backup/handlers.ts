/** Answers what is asked of kept runs. */
import { Model as WasmModel } from "../../generated/tabgrad.js";
import { addModel } from "../first.js";
import type { RestPlatform } from "../platform.js";
import type { Handlers } from "../serve.js";
import type { Session } from "../session.js";
import { placeOf } from "./backup.js";
import { removeFree } from "./lock.js";

type RunHandlers = Pick<Handlers, "listRuns" | "loadRun" | "removeRun" | "settleRun">;

/** The handlers of kept runs. */
export function runHandlers(session: Session, platform: RestPlatform): RunHandlers {
  return {
    listRuns: () => platform.runs.list(),

    async loadRun({ id, url }) {
      const { store, name } = placeOf(url, platform);
      const { file } = await store.load(name);
      const info = addModel(session, id, WasmModel.load(file));
      session.keep(id, file.slice());
      return info;
    },

    async removeRun({ url }) {
      const { store, name } = placeOf(url, platform);
      await removeFree(name, () => store.remove(name));
    },

    async settleRun({ id }) {
      const entry = session.models.find(id);
      // Disposed of meanwhile: what was kept stays as it is.
      if (!entry) return;
      const { backup } = entry;
      entry.backup = undefined;
      await backup?.settle(entry.model.save(true));
    },
  };
}
