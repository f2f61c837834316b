import { Learner } from "./learner.svelte";
import { Recognizer } from "./recognizer.svelte";
import { Sketch } from "./sketch.svelte";

/** What is on the Draw place stays there while another place is shown. */
export const sketch = new Sketch("draw");
export const recognizer = new Recognizer();
export const learner = new Learner();
