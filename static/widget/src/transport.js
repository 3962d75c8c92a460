import { toJson } from "./json.js";

/**
 * Frames out, events in: a WebSocket that comes back, or an event stream and POST where a WebSocket cannot. It knows
 * neither page nor state; what it needs of the world it is given.
 *
 * @typedef {{ type: string, [field: string]: any }} Frame
 * @typedef {Frame} WireEvent
 * @typedef {"connecting" | "online" | "offline" | "refused"} Status
 * @typedef {object} World
 * @property {typeof WebSocket} [WebSocket]
 * @property {typeof fetch} fetch
 * @property {(run: () => void, ms: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} random 0 ≤ x < 1
 */

const PING_EVERY_MS = 25_000;
/** A server that owes us an answer for longer is gone, whatever the socket says of itself. */
const ANSWER_WITHIN_MS = 10_000;
const ANSWERED = new Set(["session.open", "message.send", "ping"]);
/** So many sockets in a row that never opened, and we try without one. */
const SOCKET_ATTEMPTS = 2;
/** What `POST sessions` and the stream may answer that coming back does not change. */
const FINAL = new Set([403, 404]);

/** Full jitter: anywhere between half a second and a ceiling that doubles, so that a thousand widgets do not come back
 * at once. @param {number} attempt from 0 @param {number} random 0 ≤ x < 1 @returns {number} ms */
export function retryDelay(attempt, random) {
  const ceiling = Math.min(30_000, 1_000 * 2 ** attempt);
  return 500 + random * (ceiling - 500);
}

/** Where a frame goes over HTTP: path and body. @type {Record<string, (frame: Frame) => [string, object]>} */
const ROUTES = {
  "message.send": ({ id, text, page }) => ["messages", { id, text, page }],
  "turn.stop": ({ turn }) => [`turns/${turn}/stop`, {}],
  "turn.retry": ({ turn }) => [`turns/${turn}/retry`, {}],
  "card.answer": ({ card, choice, fields }) => [`cards/${card}/answer`, { choice, fields }],
  "message.rate": ({ message, value }) => [`messages/${message}/rating`, { value }],
  "human.request": () => ["human", {}],
  "visitor.update": ({ type, ...about }) => ["visitor", about],
  "conversation.close": () => ["conversation/close", {}],
  "conversation.new": () => ["conversation/close", {}],
};

export class Refused extends Error {
  /** @param {number} status @param {number} [retryAfterSeconds] */
  constructor(status, retryAfterSeconds) {
    super(`The server answered ${status}.`);
    this.final = FINAL.has(status);
    this.retryAfterMs = (retryAfterSeconds || 0) * 1_000;
  }
}

/**
 * @param {object} options
 * @param {string} options.host where the widget came from: `https://chat.example.com`
 * @param {(spent?: string) => Promise<string>} options.token
 *   a visitor's token; `spent` is one that was refused. May throw `Refused`
 * @param {() => number} options.after the last `seq` applied
 * @param {() => boolean} options.missed whether something between was missed
 * @param {(event: WireEvent) => void} options.onEvent
 * @param {(id: string) => void} [options.onSaved] the server says over HTTP that it has this message; its event may follow
 * @param {(status: Status) => void} options.onStatus
 * @param {World} world
 */
export function createTransport({ host, token, after, missed, onEvent, onSaved, onStatus }, world) {
  const api = `${host}/api/v1/widget/`;
  /** @type {WebSocket | null} */
  let socket = null;
  /** @type {AbortController | null} */
  let stream = null;
  /** Set while a connection is wanted; each attempt has its own, so that what an old one still says is not heard. */
  let attempt = 0;
  let wanted = false;
  let ready = false;
  let asking = false;
  let failures = 0;
  let deafSockets = 0;
  let bearer = "";
  /** @type {any} */ let retryTimer;
  /** @type {any} */ let pingTimer;
  /** @type {any} */ let answerTimer;

  function stopTimers() {
    for (const timer of [retryTimer, pingTimer, answerTimer]) world.clearTimeout(timer);
    answerTimer = undefined;
  }

  function drop() {
    attempt += 1;
    stopTimers();
    ready = asking = false;
    const [oldSocket, oldStream] = [socket, stream];
    socket = stream = null;
    oldSocket?.close();
    oldStream?.abort();
  }

  async function connect() {
    drop();
    const mine = attempt;
    onStatus("connecting");
    try {
      bearer = await token();
    } catch (error) {
      if (mine === attempt) fail(error);
      return;
    }
    if (mine !== attempt) return;
    if (world.WebSocket && deafSockets < SOCKET_ATTEMPTS) openSocket(mine);
    else await openStream(mine);
  }

  /** @param {unknown} [error] */
  function fail(error) {
    drop();
    if (!wanted) return;
    const refused = error instanceof Refused ? error : null;
    if (refused?.final) {
      wanted = false;
      return onStatus("refused");
    }
    onStatus("offline");
    const ms = Math.max(retryDelay(failures, world.random()), refused?.retryAfterMs ?? 0);
    failures += 1;
    retryTimer = world.setTimeout(connect, ms);
  }

  /** @param {number} mine */
  function openSocket(mine) {
    let opened = false;
    try {
      socket = new /** @type {typeof WebSocket} */ (world.WebSocket)(`${host.replace(/^http/, "ws")}/ws/v1/chat`);
    } catch {
      deafSockets = SOCKET_ATTEMPTS; // forbidden by the page's policy
      return void openStream(mine);
    }
    expectAnswer();
    socket.onopen = () => {
      if (mine !== attempt) return;
      opened = true;
      open();
    };
    socket.onmessage = ({ data }) => {
      if (mine === attempt) receive(JSON.parse(data));
    };
    socket.onclose = ({ code }) => {
      if (mine !== attempt) return;
      deafSockets = opened ? 0 : deafSockets + 1;
      if (code === 4401) renew();
      else fail(code === 4403 ? new Refused(403) : code === 4429 ? new Refused(429, 15) : undefined);
    };
  }

  async function renew() {
    drop();
    const mine = attempt;
    try {
      await token(bearer);
    } catch (error) {
      if (mine === attempt) fail(error);
      return;
    }
    // A server that refuses what it has just given would otherwise be asked without end.
    if (mine === attempt) failures > 0 ? fail() : ((failures = 1), connect());
  }

  function open() {
    asking = true;
    write({ type: "session.open", token: bearer, after: after() });
  }

  /** @param {Frame} frame */
  function write(frame) {
    socket?.send(toJson(frame));
    if (ANSWERED.has(frame.type)) expectAnswer();
  }

  function expectAnswer() {
    answerTimer ??= world.setTimeout(() => {
      if (socket && !ready) deafSockets += 1; // a proxy that swallows sockets looks like this
      fail();
    }, ANSWER_WITHIN_MS);
  }

  /** @param {WireEvent} event */
  function receive(event) {
    world.clearTimeout(answerTimer);
    answerTimer = undefined;
    if (event.type === "session.ready") {
      asking = false;
      failures = 0;
    }
    onEvent(event);
    if (event.type === "session.ready" && !ready && wanted) {
      ready = true;
      schedulePing();
      onStatus("online");
    }
    if (missed() && !asking && ready) resync();
  }

  /** @param {string} id */
  function confirm(id) {
    world.clearTimeout(answerTimer);
    answerTimer = undefined;
    onSaved?.(id);
  }

  function schedulePing() {
    if (!socket) return; // a stream is kept alive by the server
    pingTimer = world.setTimeout(() => {
      write({ type: "ping" });
      schedulePing();
    }, PING_EVERY_MS);
  }

  function resync() {
    if (socket) open();
    else connect();
  }

  /** @param {number} mine */
  async function openStream(mine) {
    stream = new AbortController();
    try {
      const response = await world.fetch(`${api}events?after=${after()}`, {
        headers: { Accept: "text/event-stream", Authorization: `Bearer ${bearer}` },
        signal: stream.signal,
        cache: "no-store",
      });
      if (mine !== attempt) return;
      if (response.status === 401) return void renew();
      if (!response.ok || !response.body)
        throw new Refused(response.status, Number(response.headers.get("Retry-After")));
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      const read = eventsOf((event) => mine === attempt && receive(event));
      for (;;) {
        const { done, value } = await reader.read();
        if (done || mine !== attempt) break;
        read(value);
      }
      if (mine === attempt) fail();
    } catch (error) {
      if (mine === attempt) fail(error);
    }
  }

  /** @param {Frame} frame */
  async function post(frame) {
    const mine = attempt;
    const of = frame.id ?? frame.type;
    if (frame.type === "message.send") expectAnswer();
    try {
      const [path, body] = ROUTES[frame.type](frame);
      const response = await world.fetch(api + path, {
        method: "POST",
        headers: { "Content-Type": "application/json", Authorization: `Bearer ${bearer}` },
        body: toJson(body),
      });
      if (mine !== attempt) return;
      if (response.ok) return frame.type === "message.send" ? confirm(frame.id) : undefined;
      if (response.status === 401) return void renew();
      // A proxy in front says the same in words of its own.
      const fallback = [502, 503, 504].includes(response.status) ? "unavailable" : "internal";
      const { code = fallback, title = "" } = await response.json().catch(() => ({}));
      receive({ type: "error", code, text: title, of });
    } catch {
      if (mine === attempt) fail(); // what was not acknowledged is sent again after `session.ready`
    }
  }

  return {
    open() {
      if (wanted) return;
      wanted = true;
      failures = 0;
      void connect();
    },
    close() {
      wanted = false;
      drop();
    },
    /** Starts anew at once, with the token of the moment. */
    restart() {
      wanted = true;
      failures = 0;
      void connect();
    },
    /** The page woke or the network came back: a waiting attempt is made now, a quiet connection is tried. */
    wake() {
      if (!wanted) return;
      if (ready && socket) return write({ type: "ping" });
      failures = 0;
      if (!asking) void connect();
    },
    /** Whether a frame of this type could go out just now. @param {string} type */
    can: (type) => ready && (socket !== null || type in ROUTES),
    /** Sends `frame` now, or not at all. @param {Frame} frame @returns {boolean} whether it went out */
    send(frame) {
      if (!this.can(frame.type)) return false;
      if (socket) write(frame);
      else void post(frame);
      return true;
    },
  };
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

/** @typedef {ReturnType<typeof createTransport>} Transport */
