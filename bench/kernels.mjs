// How fast the kernels are, by layer and direction, with their share of the measured peak: natively, and for
// both builds of the engine in Node and in Chromium.
//   npm run bench -- kernels                      everywhere
//   npm run bench -- kernels chromium relaxed     in one place, by one build (native, node, chromium; baseline, relaxed)

import { everywhere } from "./places.mjs";

await everywhere("kernels", process.argv.slice(2));
