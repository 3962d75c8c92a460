/** Keeps one connection open for as long as one is wanted. */
import { createBackoff, Refused } from "./backoff.js";

/** @typedef {import("./index.js").Connection} Connection */
/** @typedef {{ connection?: Connection, ready?: boolean }} Attempt */

export class Reconnector {
  /** An object of its own for each attempt: what comes of an earlier one is not used. @type {Attempt} */
  #attempt = {};
  #wanted = false;
  /** @type {any} */ #timer;
  #backoff;
  #world;
  #options;

  /**
   * @param {object} options
   * @param {(spent?: string) => Promise<string>} options.token
   * @param {(token: string, onClose: (error?: unknown) => void) => Connection} options.dial
   * @param {(status: import("./index.js").Status) => void} options.onStatus
   * @param {Pick<import("./index.js").World, "setTimeout" | "clearTimeout" | "random">} world
   */
  constructor(options, world) {
    this.#options = options;
    this.#world = world;
    this.#backoff = createBackoff(world.random);
  }

  get isWanted() {
    return this.#wanted;
  }

  /** The connection of the attempt under way. */
  get current() {
    return this.#attempt.connection;
  }

  /** The connection over which frames may go out just now. */
  get ready() {
    return this.#attempt.ready ? this.#attempt.connection : undefined;
  }

  /** Connects at once, with the token of the moment. */
  start() {
    this.#wanted = true;
    this.#backoff.reset();
    this.reconnect();
  }

  stop() {
    this.#wanted = false;
    this.#drop();
  }

  /** Replaces the connection with a new one. */
  reconnect() {
    const mine = this.#drop();
    this.#options.onStatus("connecting");
    void this.#withToken(mine, undefined, (token) => {
      mine.connection = this.#options.dial(token, (error) => {
        if (error instanceof Refused && error.status === 401) this.#renew(token);
        else this.#fail(error);
      });
    });
  }

  /** The server has answered on `connection`: it is ready. @param {Connection} connection */
  confirm(connection) {
    if (connection !== this.current) return;
    this.#backoff.reset();
    if (this.ready) return;
    this.#attempt.ready = true;
    this.#options.onStatus("online");
  }

  /** @returns {Attempt} the next one */
  #drop() {
    this.#world.clearTimeout(this.#timer);
    this.current?.close();
    return (this.#attempt = {});
  }

  /** @param {string} spent a token that was refused */
  #renew(spent) {
    // A server that refuses what it has just given would otherwise be asked without end.
    void this.#withToken(this.#drop(), spent, () => (this.#backoff.isFirst() ? this.reconnect() : this.#fail()));
  }

  /** @param {Attempt} mine @param {string | undefined} spent @param {(token: string) => void} use */
  async #withToken(mine, spent, use) {
    try {
      const token = await this.#options.token(spent);
      if (mine === this.#attempt) use(token);
    } catch (error) {
      if (mine === this.#attempt) this.#fail(error);
    }
  }

  /** @param {unknown} [error] */
  #fail(error) {
    this.#drop();
    if (!this.#wanted) return;
    const refused = error instanceof Refused ? error : null;
    this.#wanted = !refused?.final;
    this.#options.onStatus(this.#wanted ? "offline" : "refused");
    if (!this.#wanted) return;
    this.#timer = this.#world.setTimeout(() => this.reconnect(), this.#backoff.next(refused?.retryAfterMs));
  }
}
