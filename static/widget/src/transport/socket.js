/** A conversation over one WebSocket. */
import { toJson } from "../json.js";
import { Refused } from "./backoff.js";
import { createDeadline, createPinger } from "./timers.js";

/** @typedef {import("./index.js").Frame} Frame */

const ANSWERED = new Set(["session.open", "message.send", "ping"]);

/** What the server means by closing the socket. @type {Record<number, () => Refused>} */
const CLOSE_CODES = {
  4401: () => new Refused(401),
  4403: () => new Refused(403),
  4429: () => new Refused(429, 15),
};

/**
 * Throws where the page's policy forbids sockets.
 * @param {import("./index.js").ConnectionOptions & { onClose: (error?: unknown, reached?: boolean) => void }} options
 *   `reached`: whether there was a server at the other end. A proxy may let a socket open and swallow what goes through it
 * @param {import("./index.js").World} world
 * @returns {import("./index.js").Connection}
 */
export function openSocket({ host, token, after, onEvent, onClose }, world) {
  const socket = new /** @type {typeof WebSocket} */ (world.WebSocket)(`${host.replace(/^http/, "ws")}/ws/v1/chat`);
  let closed = false;
  let opened = false;
  let asking = false;
  let ready = false;
  const deadline = createDeadline(world, () => end(undefined, ready));
  const pinger = createPinger(world, () => send({ type: "ping" }));
  deadline.start();

  /** @param {Frame} frame */
  function send(frame) {
    socket.send(toJson(frame));
    if (ANSWERED.has(frame.type)) deadline.start();
  }

  function openSession() {
    asking = true;
    send({ type: "session.open", token, after: after() });
  }

  function close() {
    closed = true;
    deadline.clear();
    pinger.stop();
    socket.close();
  }

  /** @param {unknown} error @param {boolean} reached */
  function end(error, reached) {
    if (closed) return;
    close();
    onClose(error, reached);
  }

  socket.onopen = () => {
    opened = true;
    if (!closed) openSession();
  };
  socket.onmessage = ({ data }) => {
    if (closed) return;
    const event = JSON.parse(data);
    deadline.clear();
    if (event.type === "session.ready") {
      asking = false;
      ready = true;
      pinger.start();
    }
    onEvent(event);
  };
  socket.onclose = ({ code }) => end(CLOSE_CODES[code]?.(), opened);

  return {
    send,
    close,
    carries: () => true,
    resync: () => (asking || openSession(), true),
    probe: () => (ready && send({ type: "ping" }), ready || asking),
  };
}
