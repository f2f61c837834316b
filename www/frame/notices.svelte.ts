export interface Notice {
  id: number;
  text: string;
  /** Label and action of the one button, such as "Undo". */
  action?: { label: string; run: () => void };
}

const SECONDS = 10;

/** Short messages, most of which go by themselves after ten seconds. */
class Notices {
  list = $state<Notice[]>([]);
  #next = 1;
  #expiry = new Map<number, { timer?: ReturnType<typeof setTimeout>; expire: (() => void) | undefined }>();

  /** `expired` runs when the notice goes without its action having been used. Returns its number. */
  show(text: string, action?: Notice["action"], expired?: () => void): number {
    const id = this.#add(action ? { text, action } : { text });
    const timer = setTimeout(() => this.close(id), SECONDS * 1000);
    this.#expiry.set(id, { timer, expire: expired });
    return id;
  }

  /** A notice that stays until it is closed or its action used. */
  keep(text: string, action: Notice["action"] & object): void {
    this.#expiry.set(this.#add({ text, action }), { expire: undefined });
  }

  #add(notice: Omit<Notice, "id">): number {
    const id = this.#next++;
    this.list.push({ id, ...notice });
    return id;
  }

  act(id: number): void {
    const notice = this.list.find((n) => n.id === id);
    this.withdraw(id);
    notice?.action?.run();
  }

  /** Takes it away, and with it what was to come when it goes by itself. */
  withdraw(id: number): void {
    const pending = this.#expiry.get(id);
    if (pending) pending.expire = undefined;
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
