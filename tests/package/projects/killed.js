/** Trains in a page that may be killed at any moment, and tells the server how far it is. */
import * as tabgrad from "tabgrad";
import { unpack } from "./example.js";
import { keptRun } from "./kept-run.js";

const url = "indexeddb://killed";
/** Long enough to be killed a few times. */
const long = { samples: 2000, epochs: 40, patience: 40 };

const digits = async () => unpack(new Uint8Array(await (await fetch("./digits.bin")).arrayBuffer()));

function tell(what, value) {
  return fetch("told", { method: "POST", body: JSON.stringify({ what, value }) });
}

try {
  if (new URLSearchParams(location.search).has("unbroken")) {
    const { end } = await keptRun(tabgrad, await digits(), long);
    await tell("end", end);
  } else {
    const backup = {
      url,
      everySeconds: 0,
      onSaved: ({ epoch, batch }) => void tell("kept", { epoch, batch }),
    };
    const { end, resumed } = await keptRun(tabgrad, await digits(), {
      backup,
      ...long,
      onResumed: ({ epoch, batch, damaged }) => void tell("resumed", { epoch, batch, damaged }),
    });
    // What was told is there before the run is gone.
    await tell("end", end);
    await tabgrad.removeRun(url);
    await tell("over", resumed.length);
  }
} catch (error) {
  await tell("failed", `${error.code ?? error.name}: ${error.message}`);
}
