export interface Notice {
  id: number;
  text: string;
  /** Label and action of the one button, such as "Undo". */
  action?: { label: string; run: () => void };
}

const SECONDS = 10;

/** Short messages that go by themselves after ten seconds. */
class Notices {
  list = $state<Notice[]>([]);
  #next = 1;
  #expiry = new Map<number, { timer: ReturnType<typeof setTimeout>; expire: (() => void) | undefined }>();

  /** `expired` runs when the notice goes without its action having been used. */
  show(text: string, action?: Notice["action"], expired?: () => void): void {
    const id = this.#next++;
    this.list.push(action ? { id, text, action } : { id, text });
    const timer = setTimeout(() => this.close(id), SECONDS * 1000);
    this.#expiry.set(id, { timer, expire: expired });
  }

  act(id: number): void {
    const notice = this.list.find((n) => n.id === id);
    const pending = this.#expiry.get(id);
    if (pending) pending.expire = undefined;
    notice?.action?.run();
    this.close(id);
  }

  close(id: number): void {
    const pending = this.#expiry.get(id);
    if (!pending) return;
    clearTimeout(pending.timer);
    this.#expiry.delete(id);
    this.list = this.list.filter((n) => n.id !== id);
    pending.expire?.();
  }
}

export const notices = new Notices();
