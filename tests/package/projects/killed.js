/**
 * Trains in a page that may be killed at any moment, and tells the server how far it is. `?wide` is a run whose state
 * is stored in several parts.
 */
import * as tabgrad from "tabgrad";
import { unpack } from "./example.js";
import { keptRun } from "./kept-run.js";

const url = "indexeddb://killed";
const asked = new URLSearchParams(location.search);
/** Long enough to be killed a few times. */
const run = asked.has("wide")
  ? { wide: true, samples: 200, epochs: 16, patience: 16 }
  : { samples: 2000, epochs: 40, patience: 40 };

const digits = async () => unpack(new Uint8Array(await (await fetch("./digits.bin")).arrayBuffer()));

let telling = Promise.resolve();
/** Tells one thing after the other: what is told out of its order would look like a loss. */
function tell(what, value) {
  telling = telling.then(() => fetch("told", { method: "POST", body: JSON.stringify({ what, value }) }));
  return telling;
}

/** Trains and is kept all the time. */
async function keptAllTheTime() {
  const found = (await tabgrad.listRuns()).find((run) => run.url === url);
  const finished = found?.state === "finished" ? { epoch: found.epoch, batch: found.batch } : undefined;
  let begun = false;
  const begin = (from) => {
    begun = true;
    tell("begun", { ...from, finished });
  };
  const watch = {
    // What callbacks remember is asked for when a state is made: before the first step of a run that begins anew.
    state() {
      if (!begun) begin();
      tell("keeping");
    },
  };
  const { end, resumed } = await keptRun(tabgrad, await digits(), {
    ...run,
    backup: {
      url,
      everySeconds: 0,
      onSaved: ({ epoch, batch, bytes }) => void tell("kept", { epoch, batch, bytes }),
    },
    onResumed: ({ epoch, batch, damaged }) => begin({ from: { epoch, batch }, damaged }),
    watch,
  });
  // What was told is there before the run is gone.
  await tell("end", end);
  await tabgrad.removeRun(url);
  await tell("over", resumed.length);
}

try {
  if (asked.has("unbroken")) await tell("end", (await keptRun(tabgrad, await digits(), run)).end);
  else await keptAllTheTime();
} catch (error) {
  await tell("failed", `${error.code ?? error.name}: ${error.message}`);
}
