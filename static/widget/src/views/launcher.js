import { h, icon } from "../dom.js";
import { CHAT } from "../icons.js";

/** The button that opens the panel. What it shows once there is one is in `launcher_state.js`.
 * @param {{ label: string, onIntent: () => void, onPress: () => void }} options */
export function createLauncher({ label, onIntent, onPress }) {
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
  );
  // Listening passively keeps the page's scrolling smooth where a finger starts on the button.
  el.addEventListener("touchstart", onIntent, { passive: true });
  return el;
}
