import type { Attachment } from "svelte/attachments";

/**
 * Makes a button that does something for as long as it is held: with the pointer, or with Space or
 * Enter. `start` may be called before anything else is ready; `stop` follows every `start`.
 */
export function holding(start: () => void, stop: () => void): Attachment<HTMLElement> {
  return (button) => {
    let held = false;
    const begin = () => {
      if (held) return;
      held = true;
      start();
    };
    const end = () => {
      if (!held) return;
      held = false;
      stop();
    };
    const isKey = ({ key }: KeyboardEvent) => key === " " || key === "Enter";
    const listeners: [string, (event: Event) => void][] = [
      [
        "pointerdown",
        (event) => {
          const { pointerId, button: which } = event as PointerEvent;
          if (which !== 0) return;
          // Without focus, which some browsers do not give to a button that is pressed, nothing else ends it.
          button.focus();
          button.setPointerCapture(pointerId);
          begin();
        },
      ],
      ["pointerup", end],
      ["pointercancel", end],
      ["blur", end],
      // A finger that stays would open a menu.
      ["contextmenu", (event) => event.preventDefault()],
      [
        "keydown",
        (event) => {
          if (!isKey(event as KeyboardEvent)) return;
          event.preventDefault();
          begin();
        },
      ],
      ["keyup", (event) => isKey(event as KeyboardEvent) && end()],
    ];
    for (const [type, listener] of listeners) button.addEventListener(type, listener);
    return () => {
      for (const [type, listener] of listeners) button.removeEventListener(type, listener);
      end();
    };
  };
}
