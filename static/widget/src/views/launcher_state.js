import { h, icon } from "../dom.js";
import { DOWN } from "../icons.js";

/** The launcher once there is a panel: whether that is open, and the count of unread messages.
 * @param {HTMLElement} launcher as the loader has made it, or an earlier panel has left it */
export function createLauncherState(launcher) {
  if (!launcher.querySelector(".badge")) launcher.append(icon(DOWN), h("span", { class: "badge", hidden: true }));
  const badge = /** @type {HTMLElement} */ (launcher.querySelector(".badge"));
  launcher.setAttribute("aria-controls", "panel");
  /** @param {boolean} open @param {number} unread @param {string} label */
  return (open, unread, label) => {
    launcher.setAttribute("aria-expanded", String(open));
    launcher.setAttribute("aria-label", unread ? `${label} (${unread})` : label);
    badge.hidden = unread === 0;
    badge.textContent = unread > 9 ? "9+" : String(unread);
  };
}
