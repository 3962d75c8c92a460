/** Clicks that have begun: what is pressed is neither replaced nor moved until it is let go, or the click would be lost. */

/** A press that lasts longer does not become a click. */
const LONGEST_MS = 5_000;
/** A finger has left the screen before the click comes. */
const CLICK_MS = 60;

/** @param {HTMLElement} root what is clicked in */
export function createClicks(root) {
  /** @type {Set<() => void>} */
  const waiting = new Set();
  const listening = new AbortController();
  let timer = 0;

  function release() {
    clearTimeout(timer);
    timer = 0;
    const runs = [...waiting];
    waiting.clear();
    for (const run of runs) run();
  }

  /** @param {number} ms */
  function releaseAfter(ms) {
    clearTimeout(timer);
    timer = setTimeout(release, ms);
  }

  /** @param {EventTarget} target @param {string} name @param {(event: any) => void} listener */
  const listen = (target, name, listener) =>
    target.addEventListener(name, listener, { capture: true, signal: listening.signal });
  // The list of a select may keep the end of the press to itself.
  const isClick = (/** @type {any} */ { button, target }) => button === 0 && target.nodeName !== "SELECT";
  listen(root, "pointerdown", (event) => isClick(event) && releaseAfter(LONGEST_MS));
  // Within the click itself nothing may go either: a button that has been taken away sends no form.
  listen(root, "click", () => timer && releaseAfter(0));
  listen(window, "pointerup", () => timer && releaseAfter(CLICK_MS));
  for (const name of ["pointercancel", "contextmenu"]) listen(window, name, () => timer && release());
  // Not of a field that the press takes the keyboard from.
  listen(window, "blur", ({ target }) => target === window && timer && release());

  return {
    /** Runs it at once or after the click that has begun, then once however often it was asked for. @param {() => void} run */
    after(run) {
      if (timer) waiting.add(run);
      else run();
    },
    destroy() {
      listening.abort();
      release();
    },
  };
}

/** @typedef {ReturnType<typeof createClicks>} Clicks */
