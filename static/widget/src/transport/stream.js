/** A conversation without a socket: events from a stream that stays open, frames by POST. */
import { toJson } from "../json.js";
import { Refused } from "./backoff.js";
import { createDeadline } from "./timers.js";

/** @typedef {import("./index.js").Frame} Frame @typedef {import("./index.js").WireEvent} WireEvent */

/** Where a frame goes over HTTP: path and body. @type {Record<string, (frame: Frame) => [string, object]>} */
const ROUTES = {
  "message.send": ({ id, text, page, files }) => ["messages", { id, text, page, files }],
  "turn.stop": ({ turn }) => [`turns/${turn}/stop`, {}],
  "turn.retry": ({ turn }) => [`turns/${turn}/retry`, {}],
  "card.answer": ({ card, choice, fields }) => [`cards/${card}/answer`, { choice, fields }],
  "slots.browse": ({ type, card, ...asked }) => [`cards/${card}/slots`, asked],
  "message.rate": ({ message, value }) => [`messages/${message}/rating`, { value }],
  "consent.give": ({ text }) => ["consent", { text }],
  "human.request": () => ["human", {}],
  "visitor.update": ({ type, ...about }) => ["visitor", about],
  "conversation.close": () => ["conversation/close", {}],
  "conversation.new": () => ["conversation/close", {}],
};

/**
 * @param {import("./index.js").ConnectionOptions} options
 * @param {import("./index.js").World} world
 * @returns {import("./index.js").Connection}
 */
export function openStream({ host, token, after, onEvent, onSaved, onClose }, world) {
  const api = `${host}/api/v1/widget/`;
  const authorization = { Authorization: `Bearer ${token}` };
  const abort = new AbortController();
  const deadline = createDeadline(world, () => end());

  function close() {
    deadline.clear();
    abort.abort();
  }

  /** @param {unknown} [error] */
  function end(error) {
    if (abort.signal.aborted) return;
    close();
    onClose(error);
  }

  /** @param {WireEvent} event */
  function receive(event) {
    if (abort.signal.aborted) return;
    deadline.clear();
    onEvent(event);
  }

  async function listen() {
    const headers = { Accept: "text/event-stream", ...authorization };
    const request = { headers, signal: abort.signal, cache: /** @type {const} */ ("no-store") };
    const response = await world.fetch(`${api}events?after=${after()}`, request);
    if (!response.ok || !response.body) throw new Refused(response.status, Number(response.headers.get("Retry-After")));
    await readEvents(response.body, receive);
  }

  /** @param {Frame} frame */
  async function post(frame) {
    const isMessage = frame.type === "message.send";
    if (isMessage) deadline.start();
    const [path, body] = ROUTES[frame.type](frame);
    const headers = { "Content-Type": "application/json", ...authorization };
    const response = await world.fetch(api + path, { method: "POST", headers, body: toJson(body) });
    if (abort.signal.aborted) return;
    if (response.status === 401) throw new Refused(401);
    if (!response.ok) return receive(await problemOf(response, frame.id ?? frame.type));
    if (response.status === 200) return receive(await response.json());
    if (!isMessage) return;
    deadline.clear();
    onSaved?.(frame.id);
  }

  listen().then(() => end(), end);
  return {
    // What was not acknowledged is sent again after the next `session.ready`.
    send: (frame) => void post(frame).catch((error) => end(error instanceof Refused ? error : undefined)),
    close,
    carries: (type) => type in ROUTES,
    resync: () => false,
    probe: () => false,
  };
}

/** A problem document as the event that a socket would have brought. @param {Response} response @param {string} of */
async function problemOf(response, of) {
  // A proxy in front answers without a problem document.
  const fallback = [502, 503, 504].includes(response.status) ? "unavailable" : "internal";
  const { code = fallback, title = "" } = await response.json().catch(() => ({}));
  return { type: "error", code, text: title, of };
}

/** Until the server ends the stream. @param {ReadableStream<any>} body @param {(event: WireEvent) => void} onEvent */
async function readEvents(body, onEvent) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const read = eventsOf(onEvent);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    read(value);
  }
}

/** Cuts a text stream into server-sent events; only `data` matters to us, each a JSON event.
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
 * @param {(event: WireEvent) => void} onEvent @returns {(text: string) => void} */
export function eventsOf(onEvent) {
  let rest = "";
  /** @type {string[]} */
  let data = [];
  return (text) => {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
      else if (line === "" && data.length) {
        onEvent(JSON.parse(data.join("\n")));
        data = [];
      }
    }
  };
}
