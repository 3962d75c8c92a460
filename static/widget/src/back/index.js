/** The phone's Back closes the panel, rather than leaving the page that it covers. Loaded where it does.
 *
 * An entry of the same page, and not a `CloseWatcher`: that one hears the Back of some systems and of no browser's toolbar.
 */

/** @param {() => void} close @returns {() => void} stops waiting for it */
export function closeOnBack(close) {
  // What a router has kept with its entry stays. Ours is not taken back when the panel is closed in another way, since the
  // page may be about to go somewhere itself; it serves the next time.
  const state = typeof history.state === "object" ? history.state : {};
  if (!state?.interworky) history.pushState({ ...state, interworky: true }, "");
  const listening = new AbortController();
  addEventListener("popstate", () => (listening.abort(), close()), { signal: listening.signal });
  return () => listening.abort();
}
