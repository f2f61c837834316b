import { type EngineInfo, engineInfo } from "tabgrad";

/** What computes, as the engine told it last. */
class Engine {
  info = $state.raw<EngineInfo | undefined>();

  /** Workers come and go: asked again where it matters. */
  async refresh(): Promise<void> {
    try {
      this.info = await engineInfo();
    } catch {
      // What cannot start says so where it is used.
      this.info = undefined;
    }
  }
}

export const engine = new Engine();
