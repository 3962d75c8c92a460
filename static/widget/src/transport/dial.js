/** Which way to connect: by WebSocket, or without one where sockets do not get through. */
import { openSocket } from "./socket.js";
import { openStream } from "./stream.js";

/** After so many sockets in a row that reached no server we try without one. */
const SOCKET_ATTEMPTS = 2;

/** @typedef {import("./index.js").ConnectionOptions} ConnectionOptions */

/** @param {import("./index.js").World} world */
export function createDialler(world) {
  let lostSockets = 0;

  /** @param {ConnectionOptions} options @returns {import("./index.js").Connection} */
  return function dial(options) {
    if (!world.WebSocket || lostSockets >= SOCKET_ATTEMPTS) return openStream(options, world);
    /** @param {unknown} [error] @param {boolean} [reached] */
    function onClose(error, reached) {
      lostSockets = reached ? 0 : lostSockets + 1;
      options.onClose(error);
    }
    try {
      return openSocket({ ...options, onClose }, world);
    } catch {
      lostSockets = SOCKET_ATTEMPTS; // forbidden by the page's policy
      return openStream(options, world);
    }
  };
}
