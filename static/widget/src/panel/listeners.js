/** Whether the widget's listeners are still there: `document.open()` removes those of every node, also within a shadow root. */

/**
 * @param {Element} host
 * @param {() => void} onRemoved when the page has removed them: the widget looks as before, and reacts to nothing
 * @returns {() => void} stops watching
 */
export function watchListeners(host, onRemoved) {
  let received = 0;
  host.addEventListener("interworky:probe", () => (received += 1));
  const observer = new MutationObserver(() => {
    const before = received;
    host.dispatchEvent(new Event("interworky:probe"));
    if (received === before) onRemoved();
  });
  observer.observe(document, { childList: true });
  return () => observer.disconnect();
}
