/** What happens outside the widget and matters to its connection. */

/**
 * @param {import("../transport/index.js").Transport} transport
 * @param {import("../saved_entries.js").SavedEntries} storage
 * @param {ReturnType<typeof import("../session.js").createSession>} session
 * @returns {() => void} stops watching
 */
export function watchSurroundings(transport, storage, session) {
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
    [window, "online", wake],
    [window, "pageshow", wake],
    [window, "storage", onStorage],
  ];
  for (const [target, name, listener] of watched) target.addEventListener(name, listener);
  return () => {
    for (const [target, name, listener] of watched) target.removeEventListener(name, listener);
  };
}
