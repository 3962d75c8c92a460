/**
 * Frames out, events in: a WebSocket that comes back, or an event stream and POST where a WebSocket cannot. It knows
 * neither page nor state; clock, network and randomness are passed in.
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
 *
 * @typedef {object} ConnectionOptions
 * @property {string} host where the widget came from: `https://chat.example.com`
 * @property {string} token a visitor's
 * @property {() => number} after the last `seq` applied
 * @property {(event: WireEvent) => void} onEvent
 * @property {(id: string) => void} [onSaved] the server has confirmed this message over HTTP; its event may follow
 * @property {(error?: unknown) => void} onClose the connection has ended by itself; `Refused` where the server gave a reason
 *
 * @typedef {object} Connection one attempt, by socket or stream
 * @property {(frame: Frame) => void} send
 * @property {() => void} close for good: nothing of it is reported any more
 * @property {(type: string) => boolean} carries whether frames of this type go over it
 * @property {() => boolean} resync asks for what was missed; false where that takes a new connection
 * @property {() => boolean} probe whether the connection is worth keeping; if it is ready, it is tested with a ping
 */
import { createDialler } from "./dial.js";
import { createReconnector } from "./reconnect.js";

/**
 * @param {object} options
 * @param {string} options.host
 * @param {(spent?: string) => Promise<string>} options.token
 *   a visitor's token; `spent` is one that was refused. May throw `Refused`
 * @param {() => number} options.after
 * @param {() => boolean} options.missed whether something between was missed
 * @param {(event: WireEvent) => void} options.onEvent
 * @param {(id: string) => void} [options.onSaved]
 * @param {(status: Status) => void} options.onStatus
 * @param {World} world
 */
export function createTransport({ host, token, after, missed, onEvent, onSaved, onStatus }, world) {
  const dial = createDialler(world);
  const link = createReconnector({ token, dial: begin, onStatus }, world);

  /** The connection over which frames may go out just now. */
  function ready() {
    const { ready, connection } = link.attempt();
    return ready ? connection : undefined;
  }

  /** @param {string} bearer @param {(error?: unknown) => void} onClose */
  function begin(bearer, onClose) {
    const connection = dial({
      host,
      token: bearer,
      after,
      onSaved,
      onClose,
      onEvent(event) {
        onEvent(event);
        if (event.type === "session.ready") link.confirm(connection);
        if (missed() && ready() === connection && !connection.resync()) link.reconnect();
      },
    });
    return connection;
  }

  /** Whether a frame of this type could go out just now. @param {string} type */
  const can = (type) => ready()?.carries(type) ?? false;

  return {
    open() {
      if (!link.isWanted()) link.start();
    },
    close: link.stop,
    /** Restarts at once, with the token of the moment. */
    restart: link.start,
    /** The page woke or the network came back: a waiting attempt is made now, a quiet connection is tried. */
    wake() {
      if (link.isWanted() && !link.attempt().connection?.probe()) link.start();
    },
    can,
    /** Sends `frame` now, or not at all. @param {Frame} frame @returns {boolean} whether it went out */
    send(frame) {
      if (!can(frame.type)) return false;
      ready()?.send(frame);
      return true;
    },
  };
}

/** @typedef {ReturnType<typeof createTransport>} Transport */
