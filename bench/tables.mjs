// How long a table takes from a CSV file of a million rows to a network's numbers: natively, and for both builds
// in Node and in Chromium.
//   npm run bench -- tables                       everywhere
//   npm run bench -- tables chromium baseline     in one place, by one build

import { everywhere } from "./places.mjs";

await everywhere("tables", process.argv.slice(2));
