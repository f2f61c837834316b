// Convolutions and the max-poolings behind them, apart and as one kernel.
//   npm run bench -- pooled                      everywhere
//   npm run bench -- pooled chromium relaxed     in one place, by one build (native, node, chromium; baseline, relaxed)

import { everywhere } from "./places.mjs";

await everywhere("pooled", process.argv.slice(2));
