/**
 * Some browsers pass on a system's language that is none ("C"), and the plots' formatter, which
 * asks for it when it is loaded, refuses that. English then stands in.
 */
export function ensureLanguage(): void {
  try {
    Intl.getCanonicalLocales(navigator.language);
  } catch {
    Object.defineProperty(navigator, "language", { value: "en", configurable: true });
  }
}
