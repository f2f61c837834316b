// Trains as soon as the tab is hidden, and says by a request what that came to.
import * as tabgrad from "tabgrad";
import { unpack } from "./example.js";
import { trained } from "./workers.js";

while (document.visibilityState !== "hidden") {
  await new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
}
let shown = 0;
document.addEventListener("visibilitychange", () => {
  shown += 1;
});
const file = await fetch("./digits.bin");
const options = JSON.parse(decodeURIComponent(location.search.slice(1)));
const { hash, info } = await trained(tabgrad, unpack(new Uint8Array(await file.arrayBuffer())), options);
await fetch(`./done?${encodeURIComponent(JSON.stringify({ hash, workers: info.workers, shown }))}`);
