// Trains on recordings, and says of a sound that only browsers read that it is one.
import * as tabgrad from "tabgrad";
import { heard, tones } from "./tones.js";

const found = await heard(tabgrad);
const mp3 = { path: "tones/high/x.mp3", file: new Blob(["ID3", new Uint8Array(100)]) };
const set = await tabgrad.data.fromFiles([...tones(4), mp3]);
process.stdout.write(JSON.stringify({ ...found, foreign: set.report.unreadable }));
