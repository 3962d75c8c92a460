/** Light or dark, in the assistant's colour. */
import { asColour, palette } from "../colour.js";

const SURFACE = { light: "#ffffff", dark: "#16181d" };

/**
 * @param {HTMLElement} root
 * @param {string | undefined} accent
 * @param {string | undefined} theme `light`, `dark`, or what the visitor's system prefers
 * @returns {() => void} stops following the system
 */
export function followTheme(root, accent, theme) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  function apply() {
    const chosen = theme === "dark" || theme === "light" ? theme : dark.matches ? "dark" : "light";
    const colours = palette(asColour(accent), SURFACE[chosen]);
    root.dataset.theme = chosen;
    root.style.setProperty("--accent", colours.accent);
    root.style.setProperty("--on-accent", colours.onAccent);
    root.style.setProperty("--accent-text", colours.accentText);
  }
  apply();
  dark.addEventListener("change", apply);
  return () => dark.removeEventListener("change", apply);
}
