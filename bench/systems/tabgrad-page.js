// tabgrad in a page.

import * as tabgrad from "../../dist/index.js";
import { openWith } from "./tabgrad.js";

export const open = openWith(tabgrad);
