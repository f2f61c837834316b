interface Actions {
  clear(): void;
  undo(): void;
  /** A digit was pressed: the class of that name. */
  digit(name: string): void;
}

/** Listens to the keyboard, but not while someone types into a field. Returns how to stop. */
export function watchKeys(actions: Actions): () => void {
  function onKey(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (target.closest("input, select, textarea, dialog") || event.altKey) return;
    const command = event.ctrlKey || event.metaKey;
    if (event.key === "Backspace" && !command) actions.clear();
    else if (event.key.toLowerCase() === "z" && command && !event.shiftKey) actions.undo();
    else if (/^[0-9]$/.test(event.key) && !command) actions.digit(event.key);
    else return;
    event.preventDefault();
  }
  addEventListener("keydown", onKey);
  return () => removeEventListener("keydown", onKey);
}
