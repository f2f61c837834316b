/** The steps of a run, shared with peers as long as there are some. */
import { type Progress, Rows, type Dataset as WasmDataset } from "../../generated/tabgrad.js";
import type { ModelEntry } from "../session.js";
import { breathe } from "../yielding.js";
import { type Link, MessageLink, SharedLink } from "./link.js";
import type { Sizes } from "./messages.js";
import { type Member, PATIENCE, type Team } from "./team.js";

/** Milliseconds after which a run is long enough to start peers. */
const LONG = 20;
/** How often that is looked at, in milliseconds. */
const WATCH = 250;
/** Steps whose samples are with the peers: the present one, and one ahead. */
const AHEAD = 2;

/** A peer at work on a run. */
interface Mate {
  member: Member;
  link: Link;
  worker: number;
  /** Whether its share has to be computed here. */
  lost: boolean;
}

/**
 * A run whose steps are computed by this worker and peers. Who computes makes no difference to the bits, so
 * peers may come and go between any two steps.
 */
export class SharedRun {
  #team: Team;
  #entry: ModelEntry;
  #dataset: WasmDataset;
  #shards: number;
  #mates: Mate[] = [];
  #job = 0;
  #rows: Rows | undefined;
  #sizes: Sizes = { rows: 0, frame: 0 };
  /** The team's and the model's version that the peers have. */
  #version = -1;
  #revision = -1;
  /** Steps from the next on whose samples are with the peers. */
  #sent = 0;
  #began = performance.now();
  /** Milliseconds of the last step. */
  #pace = 0;
  #watch: ReturnType<typeof setInterval>;

  /** `shards` is the number of shards of the run that has been started on this dataset. */
  constructor(team: Team, entry: ModelEntry, dataset: WasmDataset, shards: number) {
    this.#team = team;
    this.#entry = entry;
    this.#dataset = dataset;
    this.#shards = shards;
    this.#watch = setInterval(() => this.#endLate(), WATCH);
  }

  /** One step. */
  async step(): Promise<Progress> {
    const began = performance.now();
    if (began - this.#began > LONG) this.#team.want(this.#shards);
    if (this.#version !== this.#team.version || this.#revision !== this.#entry.revision) this.#gather();
    const progress = this.#mates.length === 0 ? await this.#alone() : await this.#together();
    this.#pace = performance.now() - began;
    return progress;
  }

  /** Lets go of the peers until the next step. */
  rest(): void {
    this.#dismiss();
    this.#team.release(this);
    this.#version = -1;
  }

  /** Lets go of the peers for good. */
  end(): void {
    clearInterval(this.#watch);
    this.rest();
  }

  async #alone(): Promise<Progress> {
    // A worker that is being started needs this one's event loop.
    if (this.#team.starting) await breathe();
    return this.#entry.model.advance(this.#dataset);
  }

  async #together(): Promise<Progress> {
    const { model } = this.#entry;
    const workers = this.#mates.length + 1;
    if (this.#sent === 0) this.#sendRows(workers, 1);
    model.computeShare(this.#dataset, 0, workers);
    const write = (buffer: ArrayBufferLike) => model.writeFrame(buffer, this.#sizes.frame);
    if (workers === 2) this.#send(write);
    // Nobody waits for these, but perhaps for what has just been sent.
    this.#sendRows(workers, AHEAD);
    const read = (buffer: ArrayBufferLike) => model.readFrame(buffer, this.#sizes.frame, false);
    for (const mate of this.#mates) {
      const came = !mate.lost && (await mate.link.take("frame", read));
      if (came) {
        mate.member.delivered();
        continue;
      }
      mate.lost = true;
      model.computeShareAlso(this.#dataset, mate.worker, workers);
    }
    if (workers > 2) this.#send(write);
    const progress = model.apply();
    this.#sent -= 1;
    return progress;
  }

  #send(write: (buffer: ArrayBufferLike) => void): void {
    for (const { link, lost } of this.#mates) if (!lost) link.put("frame", write);
  }

  /** Sends the samples of this step and those behind it, so many in all, as far as they are in this epoch. */
  #sendRows(workers: number, steps: number): void {
    const { model } = this.#entry;
    const rows = this.#rows as Rows;
    for (; this.#sent < steps; this.#sent += 1) {
      for (const { link, worker, lost } of this.#mates) {
        const count = model.gatherShare(rows, this.#dataset, worker, workers, this.#sent);
        // The epoch has no such step.
        if (count === undefined) return;
        if (!lost) link.put("rows", (buffer) => rows.write(count, buffer), count);
      }
    }
  }

  /** Takes those who are there into the run, from its next step on. */
  #gather(): void {
    this.#dismiss();
    this.#version = this.#team.version;
    this.#revision = this.#entry.revision;
    const members = this.#team.present(this.#shards);
    if (members.length === 0 || !this.#team.claim(this)) return;
    try {
      this.#share(members);
    } catch (error) {
      // Where there is no memory for sharing, this worker may still do it all.
      if ((error as { code?: string }).code !== "tooLarge") throw error;
      this.#dismiss();
      this.#team.release(this);
      this.#version = this.#team.version;
    }
  }

  /** Hands the run to these peers. */
  #share(members: readonly Member[]): void {
    const { model } = this.#entry;
    const workers = members.length + 1;
    const features = model.usesFeatures();
    const source = model.rowsFrom(this.#dataset);
    const one = source.subset(Uint32Array.of(0));
    const like = one.parts();
    one.free();
    const samples = model.maxShare(workers);
    this.#rows = new Rows(source, samples);
    source.free();
    this.#sizes = { rows: Math.max(this.#rows.bytes(samples), 8), frame: model.frameBytes(workers) };
    this.#job = this.#team.newJob();
    const spin = workers <= this.#team.cores;
    for (const [index, member] of members.entries()) {
      const worker = index + 1;
      const shared = this.#sharedSlots();
      const link = shared
        ? new SharedLink(shared, true, spin)
        : new MessageLink(this.#job, this.#sizes, (parcel, transfer) => member.post(parcel, transfer));
      member.receiver = link;
      const file = model.save(true);
      const common = { job: this.#job, workers, features, samples, sizes: this.#sizes, spin };
      member.post({ type: "train", ...common, worker, file, like, shared }, [file.buffer as ArrayBuffer]);
      this.#mates.push({ member, link, worker, lost: false });
    }
  }

  #sharedSlots() {
    if (this.#team.transport !== "sharedMemory") return undefined;
    try {
      return SharedLink.slots(this.#sizes);
    } catch {
      // No memory for it: messages need less.
      return undefined;
    }
  }

  #dismiss(): void {
    for (const { member, link } of this.#mates) {
      link.close();
      member.receiver = undefined;
      member.post({ type: "end", job: this.#job });
    }
    this.#mates = [];
    this.#sent = 0;
    this.#rows?.free();
    this.#rows = undefined;
  }

  /** Ends peers that have not answered for long: their shares are computed here. */
  #endLate(): void {
    const now = performance.now();
    for (const { member, link } of this.#mates) {
      const since = link.waitingSince;
      if (since !== undefined && now - since > Math.max(PATIENCE, 20 * this.#pace)) member.end();
    }
  }
}
