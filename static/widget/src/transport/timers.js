/** The timers of a connection. @typedef {Pick<import("./index.js").World, "setTimeout" | "clearTimeout">} Clock */

/** A server that has not answered for longer is treated as gone, even if the connection still looks open. */
const ANSWER_WITHIN_MS = 10_000;
const PING_EVERY_MS = 25_000;

/** @param {Clock} clock @param {() => void} onMissed */
export function createDeadline(clock, onMissed) {
  /** @type {any} */
  let timer;
  return {
    /** An answer is due from now on, unless one is due already. */
    start() {
      timer ??= clock.setTimeout(onMissed, ANSWER_WITHIN_MS);
    },
    clear() {
      clock.clearTimeout(timer);
      timer = undefined;
    },
  };
}

/** @param {Clock} clock @param {() => void} ping */
export function createPinger(clock, ping) {
  /** @type {any} */
  let timer;
  function again() {
    timer = clock.setTimeout(() => (ping(), again()), PING_EVERY_MS);
  }
  return { start: () => timer ?? again(), stop: () => clock.clearTimeout(timer) };
}
