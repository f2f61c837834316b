/**
 * Small settings that survive a reload. Storage can be refused (private windows), then
 * they last as long as the page.
 */
const prefix = "tabgrad.";

export function remember(name: string, value: unknown): void {
  try {
    localStorage.setItem(prefix + name, JSON.stringify(value));
  } catch {
    // Refused or full: the setting is lost at the next load, nothing else.
  }
}

export function forget(name: string): void {
  try {
    localStorage.removeItem(prefix + name);
  } catch {
    // See remember.
  }
}

/** The ends of all names that begin so. */
export function namesFrom(beginning: string): string[] {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(prefix + beginning));
    return names.map((name) => name.slice((prefix + beginning).length));
  } catch {
    return [];
  }
}

/** What was remembered, if `check` accepts it: an older version may have written it. */
export function remembered<T>(name: string, check: (value: unknown) => T | undefined): T | undefined {
  try {
    const text = localStorage.getItem(prefix + name);
    return text === null ? undefined : check(JSON.parse(text));
  } catch {
    return undefined;
  }
}
