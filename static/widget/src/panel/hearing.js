/** Whether the widget still hears: `document.open()` takes the listeners of every node, those in a shadow among them. */

/**
 * @param {Element} host @param {() => void} onDeaf when the page has taken them: the widget looks as ever and does nothing
 * @returns {() => void} ends it
 */
export function watchHearing(host, onDeaf) {
  let heard = 0;
  host.addEventListener("interworky:hears", () => (heard += 1));
  const observer = new MutationObserver(() => {
    const before = heard;
    host.dispatchEvent(new Event("interworky:hears"));
    if (heard === before) onDeaf();
  });
  observer.observe(document, { childList: true });
  return () => observer.disconnect();
}
