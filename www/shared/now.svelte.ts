import { createSubscriber } from "svelte/reactivity";

/** The time as it is shown, once a second for as long as somebody looks. */
class Now {
  #subscribe = createSubscriber((update) => {
    const timer = setInterval(update, 1000);
    return () => clearInterval(timer);
  });

  get at(): Date {
    this.#subscribe();
    return new Date();
  }
}

export const now = new Now();
