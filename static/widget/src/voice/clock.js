/** The time of a call: how long it has lasted, and when it has to end. */

const MINUTE_MS = 60_000;

/** @param {(time: { seconds: number, soon: boolean }) => void} show @param {() => void} onLimit */
export function createClock(show, onLimit) {
  /** @type {any} */ let timer;
  return {
    /** @param {number} limitMs */
    start(limitMs) {
      const startedAt = Date.now();
      timer = setInterval(() => {
        const lasted = Date.now() - startedAt;
        if (lasted >= limitMs) return onLimit();
        show({
          seconds: Math.floor(lasted / 1000),
          soon: limitMs - lasted <= MINUTE_MS && limitMs > MINUTE_MS,
        });
      }, 500);
    },
    stop: () => clearInterval(timer),
    isRunning: () => timer !== undefined,
  };
}
