/** Keeps one connection open for as long as one is wanted. */
import { createBackoff, Refused } from "./backoff.js";

/** @typedef {import("./index.js").Connection} Connection */
/** @typedef {{ connection?: Connection, ready?: boolean }} Attempt `ready`: the server has answered on the connection */

/**
 * @param {object} options
 * @param {(spent?: string) => Promise<string>} options.token
 * @param {(token: string, onClose: (error?: unknown) => void) => Connection} options.dial
 * @param {(status: import("./index.js").Status) => void} options.onStatus
 * @param {Pick<import("./index.js").World, "setTimeout" | "clearTimeout" | "random">} world
 */
export function createReconnector({ token, dial, onStatus }, world) {
  const backoff = createBackoff(world.random);
  let wanted = false;
  /** @type {Attempt} */ let attempt = {}; // a new object each time: what comes of an earlier attempt is not used
  /** @type {any} */ let timer;

  function drop() {
    world.clearTimeout(timer);
    attempt.connection?.close();
    return (attempt = /** @type {Attempt} */ ({}));
  }

  function connect() {
    const mine = drop();
    onStatus("connecting");
    void withToken(mine, undefined, (bearer) => {
      mine.connection = dial(bearer, (error) => (isUnauthorized(error) ? renew(bearer) : fail(error)));
    });
  }

  /** A server that refuses what it has just given would otherwise be asked without end. @param {string} spent */
  const renew = (spent) => void withToken(drop(), spent, () => (backoff.isFirst() ? connect() : fail()));

  /** @param {Attempt} mine @param {string | undefined} spent @param {(bearer: string) => void} use */
  const withToken = (mine, spent, use) =>
    token(spent)
      .then((bearer) => mine === attempt && use(bearer))
      .catch((error) => mine === attempt && fail(error));

  /** @param {unknown} [error] */
  function fail(error) {
    drop();
    if (!wanted) return;
    const refused = error instanceof Refused ? error : null;
    wanted = !refused?.final;
    onStatus(wanted ? "offline" : "refused");
    if (wanted) timer = world.setTimeout(connect, backoff.next(refused?.retryAfterMs));
  }

  /** Connects at once, with the token of the moment. */
  function start() {
    wanted = true;
    backoff.reset();
    connect();
  }

  const stop = () => void ((wanted = false), drop());

  /** The server has answered on this connection: it is ready. @param {Connection} connection */
  function confirm(connection) {
    if (connection !== attempt.connection) return;
    backoff.reset();
    if (attempt.ready) return;
    attempt.ready = true;
    onStatus("online");
  }

  return { start, stop, reconnect: connect, confirm, isWanted: () => wanted, attempt: () => attempt };
}

/** @param {unknown} error */
const isUnauthorized = (error) => error instanceof Refused && error.status === 401;
