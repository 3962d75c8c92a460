/** One call, from the visitor's consent to its end. */
import { createClock } from "./clock.js";
import { follow, silence } from "./events.js";
import { createInput } from "./input.js";
import { createLineSaver } from "./lines.js";
import { microphones, openMicrophone } from "./microphone.js";
import { createPeer } from "./peer.js";
import { instruct, interrupt, runTools } from "./requests.js";
import { NoCall } from "./server.js";

/** A transcript that has not arrived by then is not waited for. */
const TRANSCRIPT_MS = 8_000;
/** The reasons for an end that the server distinguishes from the visitor's wish. */
const REASONS = ["limit", "network", "staff"];

/**
 * @typedef {object} Shown
 * @property {"asking" | "connecting" | "listening" | "thinking" | "speaking"} phase
 * @property {boolean} muted @property {string} caption @property {number} seconds since it began @property {boolean} soon over
 * @property {{ id: string, label: string }[]} devices
 *
 * @typedef {object} Parts
 * @property {import("./server.js").Server} server
 * @property {(shown: Shown) => void} show @property {(level: number) => void} showLevel
 * @property {(reason: string, detail?: string) => void} onEnd once; `reason` is a word of the catalogue, or empty
 */

export class Call {
  #talk = silence();
  /** @type {Shown} */
  #shown = { phase: "asking", muted: false, caption: "", seconds: 0, soon: false, devices: [] };
  /** @type {import("./peer.js").Peer | undefined} */ #peer;
  #over = false;
  /** @type {any} */ #late;
  #parts;
  #input;
  #clock;
  #lines;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#input = createInput(parts.showLevel);
    this.#clock = createClock(
      (time) => this.#change(time),
      () => this.end("limit"),
    );
    this.#lines = createLineSaver(parts.server, (text) => this.instruct(text));
  }

  async start() {
    try {
      const track = await this.#input.open();
      if (this.#over) return track.stop();
      this.#change({ phase: "connecting", devices: await microphones() });
      this.#input.measure(track);
      await this.#connect(track);
    } catch (error) {
      if (error instanceof NoCall) this.end(error.reason, error.message);
      else this.end("network", String(error));
    }
  }

  /** @param {string} reason @param {string} [detail] */
  end(reason, detail) {
    if (this.#over) return;
    this.#saveLines(true);
    this.#over = true;
    this.#clock.stop();
    clearTimeout(this.#late);
    this.#input.close();
    this.#peer?.close();
    const reported = REASONS.includes(reason) ? reason : "visitor";
    void this.#lines.settled().then(() => this.#parts.server.end(reported, this.#talk));
    this.#parts.onEnd(reason, detail);
  }

  /** Has the assistant say something that it does not know yet. @param {string} text */
  instruct(text) {
    instruct(this.#peer, text);
  }

  /** Mutes the microphone, or undoes that. */
  mute() {
    const muted = !this.#shown.muted;
    if (this.#input.mute(muted)) this.#change({ muted });
  }

  /** The visitor need not speak to stop the assistant. */
  interrupt() {
    interrupt(this.#peer);
  }

  /** @param {string} id of a microphone */
  async choose(id) {
    const other = await openMicrophone(id).catch(() => null);
    if (!other || this.#over) return other?.stop();
    other.enabled = !this.#shown.muted;
    await this.#peer?.replace(other);
    this.#input.replace(other);
  }

  /** The page goes away: nothing can be waited for. */
  leave() {
    if (!this.#over) this.#parts.server.end("visitor", this.#talk);
  }

  /** @param {MediaStreamTrack} track */
  async #connect(track) {
    const { server } = this.#parts;
    let limitMs = Infinity;
    const peer = createPeer(track, {
      open: () => {
        this.#clock.start(limitMs);
        this.#change({ phase: "listening" });
      },
      event: (event) => this.#receive(event),
      lost: () => this.end("network"),
    });
    this.#peer = peer;
    const offer = await peer.offer();
    const key = await server.key();
    limitMs = key.seconds * 1000;
    if (this.#over) return server.end("visitor", this.#talk);
    await peer.accept(await server.connect(key, offer));
  }

  /** @param {import("./events.js").ProviderEvent} event */
  #receive(event) {
    if (event.type === "error") console.warn(`Interworky: ${event.error?.message}`);
    this.#talk = follow(this.#talk, event);
    const { calls } = this.#talk;
    if (calls.length) {
      this.#talk = { ...this.#talk, calls: [] };
      void runTools(this.#peer, this.#parts.server, calls);
    }
    this.#saveLines();
    if (this.#clock.isRunning()) this.#change({ phase: this.#talk.phase, caption: this.#talk.caption });
  }

  /** @param {boolean} [all] */
  #saveLines(all) {
    this.#talk = this.#lines.save(this.#talk, all);
    clearTimeout(this.#late);
    if (this.#talk.lines.length && this.#talk.phase !== "speaking" && !this.#over)
      this.#late = setTimeout(() => this.#saveLines(true), TRANSCRIPT_MS);
  }

  /** @param {Partial<Shown>} changes */
  #change(changes) {
    if (this.#over) return;
    this.#shown = { ...this.#shown, ...changes };
    this.#parts.show(this.#shown);
  }
}
