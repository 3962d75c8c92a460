/** The retry policy: how long to wait, and which refusals are final. */

/** Statuses of `POST sessions` and of the event stream that another try does not change. */
const FINAL = new Set([403, 404]);

/** A refusal by the server, with its status. */
export class Refused extends Error {
  /** @param {number} status @param {number} [retryAfterSeconds] */
  constructor(status, retryAfterSeconds) {
    super(`The server answered ${status}.`);
    this.status = status;
    this.final = FINAL.has(status);
    this.retryAfterMs = (retryAfterSeconds || 0) * 1_000;
  }
}

/** Full jitter: anywhere between half a second and a ceiling that doubles, so that a thousand widgets do not come back
 * at once. @param {number} attempt from 0 @param {number} random 0 ≤ x < 1 @returns {number} ms */
export function retryDelay(attempt, random) {
  const ceiling = Math.min(30_000, 1_000 * 2 ** attempt);
  return 500 + random * (ceiling - 500);
}

/** Counts failures in a row. @param {() => number} random 0 ≤ x < 1 */
export function createBackoff(random) {
  let failures = 0;
  return {
    /** How long to wait after one more failure. @param {number} [atLeast] ms @returns {number} ms */
    next: (atLeast = 0) => Math.max(retryDelay(failures++, random()), atLeast),
    /** Counts a failure that has a remedy. @returns {boolean} whether it is the first: then there is nothing to wait for */
    isFirst() {
      if (failures > 0) return false;
      failures = 1;
      return true;
    },
    reset() {
      failures = 0;
    },
  };
}
