/** Shows the state, at most once per frame: a reply arrives in more pieces than a screen can show. */
import { unread } from "../store.js";
import { createLauncherState } from "../views/launcher_state.js";

/**
 * @param {object} parts
 * @param {import("../store.js").Store} parts.store
 * @param {ShadowRoot} parts.shadow
 * @param {ReturnType<typeof import("../views/panel.js").createPanel>} parts.panel
 * @param {ReturnType<typeof import("../views/teaser.js").createTeaser>} parts.teaser
 * @param {HTMLElement} parts.launcher
 * @param {import("./clicks.js").Clicks} parts.clicks
 * @param {() => string} parts.label the launcher's
 */
export function createRenderer({ store, shadow, panel, teaser, launcher, clicks, label }) {
  const showLauncher = createLauncherState(launcher);
  let rendered = store.get();
  let frame = 0;
  /** What had the focus when the panel was opened, such as a button of the page's. @type {Element | null} */
  let opener;

  function render() {
    cancelAnimationFrame(frame);
    frame = 0;
    const [state, before] = [store.get(), rendered];
    rendered = state;
    const hadFocus = panel.el.contains(shadow.activeElement);
    panel.update(state, before);
    teaser.update(state);
    showLauncher(state.open, unread(state), label());
    if (state.open && !before.open) opener = document.activeElement;
    if (hadFocus && !state.open) (launcher.hidden ? /** @type {any} */ (opener) : launcher)?.focus();
  }
  render();

  /** What a click has opened or closed is shown at once. @param {import("../store.js").State} state
   * @param {import("../store.js").State} before */
  return function schedule(state, before) {
    if (state.open !== before.open) render();
    else frame ||= requestAnimationFrame(() => clicks.after(render));
  };
}
