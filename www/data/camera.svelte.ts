/** The camera: asked for when it is first needed, and let go as soon as nobody looks. */
export class Camera {
  state = $state<"off" | "asking" | "on">("off");
  problem = $state("");
  stream = $state.raw<MediaStream | undefined>();
  #asking: Promise<boolean> | undefined;
  /** Grows when it is switched off: a camera that comes later than that is let go at once. */
  #turn = 0;

  /** True once it is on. Asks for permission if it was not given. */
  start(): Promise<boolean> {
    if (this.state === "on") return Promise.resolve(true);
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  stop(): void {
    this.#turn++;
    release(this.stream);
    this.stream = undefined;
    this.state = "off";
  }

  async #ask(): Promise<boolean> {
    const turn = this.#turn;
    this.state = "asking";
    this.problem = "";
    try {
      if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
      const video = { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "environment" };
      const stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
      if (turn !== this.#turn) {
        release(stream);
        return false;
      }
      // Unplugged, or taken back by the user.
      stream.getVideoTracks()[0]?.addEventListener("ended", () => {
        this.stop();
        this.problem = "The camera was switched off. Hold a class again to switch it on.";
      });
      this.stream = stream;
      this.state = "on";
      return true;
    } catch (error) {
      if (turn === this.#turn) {
        this.state = "off";
        this.problem = refusal(error);
      }
      return false;
    }
  }
}

function release(stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** Why there is no camera, and what can be done. */
function refusal(error: unknown): string {
  const reasons: Record<string, string> = {
    NotAllowedError:
      "The camera was refused. Allow it for this page in the address bar of your browser, then hold a class again.",
    NotFoundError: "No camera was found. Connect one, then hold a class again.",
    NotReadableError: "The camera is in use by another program. Close that, then hold a class again.",
    SecurityError:
      "This browser gives the camera to pages over https only. Open this page by https or on localhost.",
  };
  const { name, message } = error as DOMException;
  return reasons[name] ?? `The camera cannot be used: ${message || name}.`;
}

/** The middle of a picture as a square of `side` pixels: red, green and blue, row by row. */
export function square(video: HTMLVideoElement, canvas: HTMLCanvasElement, side: number): Uint8Array {
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser gives no canvas to draw on.");
  const { videoWidth, videoHeight } = video;
  const from = Math.min(videoWidth, videoHeight);
  context.imageSmoothingQuality = "high";
  context.drawImage(video, (videoWidth - from) / 2, (videoHeight - from) / 2, from, from, 0, 0, side, side);
  const { data } = context.getImageData(0, 0, side, side);
  const pixels = new Uint8Array(side * side * 3);
  for (let i = 0; i < side * side; i++) pixels.set(data.subarray(i * 4, i * 4 + 3), i * 3);
  return pixels;
}
