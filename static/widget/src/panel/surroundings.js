/** What happens outside the widget and matters to its connection. */

/**
 * @param {import("../transport/index.js").Transport} transport
 * @param {import("../store.js").Store} store
 * @param {import("../saved_entries.js").SavedEntries} storage
 * @param {ReturnType<typeof import("../session.js").createSession>} session
 * @returns {() => void} stops watching
 */
export function watchSurroundings(transport, store, storage, session) {
  const wake = () => document.visibilityState === "visible" && transport.wake();
  /** Another tab has begun another conversation, or become another visitor. @param {StorageEvent} event */
  function onStorage({ key }) {
    const used = session.lastToken();
    if (key !== `${storage.name}:session` || !used) return;
    const now = storage.read().session?.token;
    if (now && now !== used) transport.restart();
  }

  /** @type {[EventTarget, string, any][]} */
  const watched = [
    [document, "visibilitychange", wake],
    // The connection may have outlived it: then nobody would say that it is there again.
    [window, "online", () => (store.get().connection === "offline" ? transport.restart() : wake())],
    // Known at once, where the connection itself would notice in half a minute.
    [window, "offline", () => store.dispatch({ type: "network.lost" })],
    [window, "pageshow", wake],
    [window, "storage", onStorage],
  ];
  for (const [target, name, listener] of watched) target.addEventListener(name, listener);
  return () => {
    for (const [target, name, listener] of watched) target.removeEventListener(name, listener);
  };
}
