type Kind = "camera" | "microphone";

const wanted: Record<Kind, MediaStreamConstraints> = {
  camera: {
    video: { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "environment" },
    audio: false,
  },
  microphone: { audio: { channelCount: 1 }, video: false },
};

/** The camera or the microphone: asked for when it is first needed, and let go as soon as nobody looks. */
export class Device {
  readonly #kind: Kind;
  state = $state<"off" | "asking" | "on">("off");
  problem = $state("");
  stream = $state.raw<MediaStream | undefined>();
  #asking: Promise<boolean> | undefined;
  /** Grows when it is switched off: what comes later than that is let go at once. */
  #turn = 0;

  constructor(kind: Kind) {
    this.#kind = kind;
  }

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
      const stream = await navigator.mediaDevices.getUserMedia(wanted[this.#kind]);
      if (turn !== this.#turn) {
        release(stream);
        return false;
      }
      // Unplugged, or taken back by the user.
      stream.getTracks()[0]?.addEventListener("ended", () => {
        this.stop();
        this.problem = `The ${this.#kind} was switched off. Hold a class again to switch it on.`;
      });
      this.stream = stream;
      this.state = "on";
      return true;
    } catch (error) {
      if (turn === this.#turn) {
        this.state = "off";
        this.problem = refusal(this.#kind, error);
      }
      return false;
    }
  }
}

function release(stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** Why there is none, and what can be done. */
function refusal(kind: Kind, error: unknown): string {
  const reasons: Record<string, string> = {
    NotAllowedError: `The ${kind} was refused. Allow it for this page in the address bar of your browser, then hold a class again.`,
    NotFoundError: `No ${kind} was found. Connect one, then hold a class again.`,
    NotReadableError: `The ${kind} is in use by another program. Close that, then hold a class again.`,
    SecurityError: `This browser gives the ${kind} to pages over https only. Open this page by https or on localhost.`,
  };
  const { name, message } = error as DOMException;
  return reasons[name] ?? `The ${kind} cannot be used: ${message || name}.`;
}
