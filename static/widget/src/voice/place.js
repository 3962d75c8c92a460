/** The place of the text box, which a call takes while it lasts. */
import { createNote } from "./view.js";

/**
 * @param {HTMLElement} footer where the text box is
 * @param {object} page
 * @param {() => void} page.focus the text box @param {(text: string) => void} page.announce
 * @param {string} page.dismiss label of the button that removes a note @param {() => boolean} page.isOpen
 */
export function createPlace(footer, { focus, announce, dismiss, isOpen }) {
  const current = () => footer.querySelector(".talk");

  /** The end of the conversation stays in sight, however high what is below it becomes. @param {() => void} draw */
  function keepEnd(draw) {
    const log = footer.parentElement?.querySelector(".log");
    const isAtEnd = log && log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    draw();
    if (isAtEnd) log.scrollTop = log.scrollHeight;
  }

  return {
    keepEnd,
    isTaken: () => current() !== null,
    removeNote: () => footer.querySelector(".talk-note")?.remove(),
    /** @param {{ el: HTMLElement, focus(): void }} view */
    show(view) {
      keepEnd(() => {
        current()?.remove();
        footer.classList.add("talking");
        footer.append(view.el);
      });
      view.focus();
    },
    /** @param {string} [text] why */
    leave(text) {
      const view = current();
      const hadFocus = view?.contains(/** @type {ShadowRoot} */ (footer.getRootNode()).activeElement);
      view?.remove();
      footer.classList.remove("talking");
      if (text) {
        announce(text);
        const note = createNote(text, dismiss, () => (note.remove(), focus()));
        footer.prepend(note);
      }
      if (hadFocus && isOpen()) focus();
    },
  };
}

/** @typedef {ReturnType<typeof createPlace>} Place */
