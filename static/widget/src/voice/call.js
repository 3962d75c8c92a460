/** One call, from the visitor's consent to its end. */
import { follow, silence, takeLines } from "./events.js";
import { createMeter, microphones, openMicrophone, whyNone } from "./microphone.js";
import { createPeer } from "./peer.js";
import { NoCall } from "./server.js";

/** A transcript that has not come by then does not come. */
const TRANSCRIPT_MS = 8_000;
const MINUTE_MS = 60_000;

/**
 * @typedef {object} Shown
 * @property {"asking" | "connecting" | "listening" | "thinking" | "speaking"} phase
 * @property {boolean} muted @property {string} caption @property {number} seconds since it began @property {boolean} soon over
 * @property {{ id: string, label: string }[]} devices
 */

/**
 * @param {object} parts
 * @param {import("./server.js").Server} parts.server
 * @param {(shown: Shown) => void} parts.show @param {(level: number) => void} parts.showLevel
 * @param {(reason: string, detail?: string) => void} parts.onEnd once; `reason` is a word of the catalogue, or empty
 */
export function createCall({ server, show, showLevel, onEnd }) {
  let talk = silence();
  /** @type {Shown} */
  let shown = { phase: "asking", muted: false, caption: "", seconds: 0, soon: false, devices: [] };
  /** @type {MediaStreamTrack | undefined} */ let track;
  /** @type {import("./peer.js").Peer | undefined} */ let peer;
  /** @type {ReturnType<typeof createMeter> | undefined} */ let meter;
  let over = false;
  let startedAt = 0;
  let limitMs = Infinity;
  /** @type {any} */ let clock;
  /** @type {any} */ let late;
  /** Lines are saved one after the other: the conversation is in the order in which they were said. */
  let saving = Promise.resolve();

  /** @param {Partial<Shown>} changes */
  const change = (changes) => over || show((shown = { ...shown, ...changes }));

  async function start() {
    try {
      track = await openMicrophone().catch((error) => {
        throw new NoCall(whyNone(error), String(error));
      });
      if (over) return track.stop();
      change({ phase: "connecting", devices: await microphones() });
      (meter = createMeter(showLevel)).listen(track);
      peer = createPeer(track, { open: begin, event: receive, lost: () => end("network") });
      const offer = await peer.offer();
      const key = await server.key();
      limitMs = key.seconds * 1000;
      if (over) return server.end("visitor", talk);
      await peer.accept(await server.connect(key, offer));
    } catch (error) {
      if (error instanceof NoCall) end(error.reason, error.message);
      else end("network", String(error));
    }
  }

  function begin() {
    startedAt = Date.now();
    change({ phase: "listening" });
    clock = setInterval(tick, 500);
  }

  function tick() {
    const lasted = Date.now() - startedAt;
    if (lasted >= limitMs) return end("limit");
    change({ seconds: Math.floor(lasted / 1000), soon: limitMs - lasted <= MINUTE_MS && limitMs > MINUTE_MS });
  }

  /** @param {import("./events.js").ProviderEvent} event */
  function receive(event) {
    if (event.type === "error") console.warn(`Interworky: ${event.error?.message}`);
    talk = follow(talk, event);
    const { calls } = talk;
    if (calls.length) {
      talk = { ...talk, calls: [] };
      void runTools(calls);
    }
    saveLines();
    if (startedAt) change({ phase: talk.phase, caption: talk.caption });
  }

  /** @param {import("./events.js").ToolCall[]} calls */
  async function runTools(calls) {
    for (const call of calls) {
      const output = await server.run(call);
      peer?.send({
        type: "conversation.item.create",
        item: { type: "function_call_output", call_id: call.call_id, output },
      });
    }
    peer?.send({ type: "response.create" });
  }

  /** @param {import("./events.js").Line} line */
  async function save(line) {
    try {
      const correction = await server.save(line);
      if (correction) tell(correction);
    } catch (error) {
      console.warn(`Interworky: a line of the call was not saved. ${error}`);
    }
  }

  /** @param {boolean} [all] */
  function saveLines(all) {
    const [lines, rest] = takeLines(talk, all);
    // What is written down is read in the conversation.
    talk = lines.length ? { ...rest, caption: rest.lines.at(-1)?.text ?? "" } : rest;
    for (const line of lines) saving = saving.then(() => save(line));
    clearTimeout(late);
    if (rest.lines.length && talk.phase !== "speaking" && !over)
      late = setTimeout(() => saveLines(true), TRANSCRIPT_MS);
  }

  /** Has the assistant say something of which it does not know yet. @param {string} text */
  function tell(text) {
    const content = [{ type: "input_text", text }];
    peer?.send({ type: "conversation.item.create", item: { type: "message", role: "system", content } });
    peer?.send({ type: "response.create" });
  }

  /** @param {string} reason @param {string} [detail] */
  function end(reason, detail) {
    if (over) return;
    saveLines(true);
    over = true;
    clearInterval(clock);
    clearTimeout(late);
    track?.stop();
    meter?.close();
    peer?.close();
    const told = ["limit", "network", "staff"].includes(reason) ? reason : "visitor";
    void saving.then(() => server.end(told, talk));
    onEnd(reason, detail);
  }

  return {
    start,
    end,
    tell,
    mute() {
      if (!track) return;
      track.enabled = shown.muted;
      change({ muted: !shown.muted });
    },
    /** The visitor need not speak to stop the assistant. */
    interrupt() {
      peer?.send({ type: "response.cancel" });
      peer?.send({ type: "output_audio_buffer.clear" });
    },
    /** @param {string} id of a microphone */
    async choose(id) {
      const other = await openMicrophone(id).catch(() => null);
      if (!other || over) return other?.stop();
      other.enabled = !shown.muted;
      await peer?.replace(other);
      track?.stop();
      track = other;
      meter?.listen(other);
    },
    /** The page goes away: nothing can be waited for. */
    leave() {
      if (!over) server.end("visitor", talk);
    },
  };
}

/** @typedef {ReturnType<typeof createCall>} Call */
