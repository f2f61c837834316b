import { router } from "../frame/router.svelte";
import type { Choices } from "../shared/page-db";
import { catalog } from "./catalog.svelte";
import type { Entry } from "./entry.svelte";

/** Reads a dataset anew by other choices, and shows what that came to where the old one is still looked at. */
export async function again(entry: Entry, choices: Choices): Promise<Entry | undefined> {
  // By its end this is another entry's.
  const { id } = entry;
  const made = await catalog.readAgain(entry, { ...entry.files?.choices, ...choices });
  const [shown, ...part] = router.path;
  if (made && router.place === "data" && shown === id) router.go("data", made.id, ...part);
  return made;
}
