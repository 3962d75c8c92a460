import { h, icon } from "../dom.js";
import { CHAT, DOWN } from "../icons.js";

/** The button that opens the panel, with the count of unread messages.
 * @param {{ label: string, onIntent: () => void, onPress: () => void }} options */
export function createLauncher({ label, onIntent, onPress }) {
  const badge = h("span", { class: "badge", hidden: true });
  const el = h(
    "button",
    {
      type: "button",
      class: "launcher",
      "aria-label": label,
      "aria-expanded": "false",
      "aria-haspopup": "dialog",
      onclick: onPress,
      onpointerenter: onIntent,
      onfocus: onIntent,
    },
    icon(CHAT),
    icon(DOWN),
    badge,
  );
  // Listening passively keeps the page's scrolling smooth where a finger starts on the button.
  el.addEventListener("touchstart", onIntent, { passive: true });
  return {
    el,
    /** @param {{ open?: boolean, busy?: boolean, unread?: number, label?: string, controls?: string }} look */
    update({ open, busy, unread, label, controls }) {
      if (open !== undefined) el.setAttribute("aria-expanded", String(open));
      if (busy !== undefined) el.setAttribute("aria-busy", String(busy));
      if (label !== undefined) el.setAttribute("aria-label", unread ? `${label} (${unread})` : label);
      if (controls !== undefined) el.setAttribute("aria-controls", controls);
      if (unread !== undefined) {
        badge.hidden = unread === 0;
        badge.textContent = unread > 9 ? "9+" : String(unread);
      }
    },
  };
}

/** @typedef {ReturnType<typeof createLauncher>} Launcher */
