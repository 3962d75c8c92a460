/** The scroll position of the conversation: at its end while the reader is there, and left alone otherwise. */

/** Nearer to its end than this, the list follows what is added; farther, the reader is reading. */
const NEAR_PX = 80;
/** Left above a card that the list has come to rest at. */
const MARGIN_PX = 12;

/**
 * @param {HTMLElement} log the element that scrolls @param {HTMLElement} list the lines in it
 * @param {HTMLElement} latest the button that leads to the end
 * @param {import("../panel/clicks.js").Clicks} clicks
 */
export function createScrolling(log, list, latest, clicks) {
  let follows = true;

  // The list also moves when the panel does: a keyboard slides in, a card unfolds, a text box grows.
  const observer = new ResizeObserver(() => clicks.after(settle));
  observer.observe(log);
  observer.observe(list);

  const end = () => log.scrollHeight - log.clientHeight;

  /** Where the list comes to rest: at its end, but with the top of a card that waits for an answer in sight, as long as
   * only the reply that came with the card is below it. A person's answer, or the next one, is more urgent. */
  function rest() {
    let top = end();
    let replies = 0;
    for (let line = list.lastElementChild; line && !line.matches(".own"); line = line.previousElementSibling) {
      if (line.matches(".staff") || (line.matches(".reply") && (replies += 1) > 1)) break;
      if (line.matches(".card.open")) top = Math.min(top, /** @type {HTMLElement} */ (line).offsetTop - MARGIN_PX);
    }
    return top;
  }

  function settle() {
    if (follows) scrollTo(rest());
    offerLatest();
  }

  /** There may be something new below what is in sight although nobody has scrolled. */
  function offerLatest() {
    latest.hidden = end() - log.scrollTop < NEAR_PX;
  }

  /** @param {number} top @param {"smooth" | "instant"} [behavior] */
  function scrollTo(top, behavior = "instant") {
    follows = true;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    log.scrollTo({ top, behavior: calm ? "instant" : behavior });
  }

  log.addEventListener("scroll", () => {
    follows = rest() - log.scrollTop < NEAR_PX;
    offerLatest();
  });
  latest.addEventListener("click", () => scrollTo(end(), "smooth"));

  /** The list has changed. @param {boolean} always whether to leave the place where the reader is */
  return function follow(always) {
    if (always || follows) scrollTo(rest());
  };
}
