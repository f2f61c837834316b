/** A pad to draw on: white ink on black, as the models of drawings know it. */

const SIDE = 280;
/** Width of a stroke as a share of the side. */
const PEN = 0.068;

export interface Pad {
  canvas: HTMLCanvasElement;
  clear(): void;
}

/** `changed` hears of each piece of ink. */
export function pad(changed: (picture: ImageData) => void): Pad {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  canvas.setAttribute("aria-label", "Pad to draw on with mouse, pen or finger");
  canvas.setAttribute("role", "img");
  const context = canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
  const clear = () => {
    context.fillStyle = "#000";
    context.fillRect(0, 0, SIDE, SIDE);
  };
  clear();
  context.strokeStyle = "#fff";
  context.lineWidth = PEN * SIDE;
  context.lineCap = context.lineJoin = "round";
  let last: readonly [number, number] | undefined;
  const place = (event: PointerEvent) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [((event.clientX - left) * SIDE) / width, ((event.clientY - top) * SIDE) / height] as const;
  };
  const draw = (event: PointerEvent) => {
    if (!last) return;
    const next = place(event);
    context.beginPath();
    context.moveTo(...last);
    context.lineTo(...next);
    context.stroke();
    last = next;
    changed(context.getImageData(0, 0, SIDE, SIDE));
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    draw(event);
  });
  canvas.addEventListener("pointermove", draw);
  for (const end of ["pointerup", "pointercancel"] as const) {
    canvas.addEventListener(end, () => {
      last = undefined;
    });
  }
  return { canvas, clear };
}
