/** Contrast repair: an organization may choose any accent, and its text stays readable (WCAG 2.2, 1.4.3). */

/** @typedef {[number, number, number]} Rgb each 0–255 */

/** @param {string} hex `#rrggbb` @returns {Rgb} */
function parse(hex) {
  return /** @type {Rgb} */ ([1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
}

/** @param {Rgb} rgb */
function luminance(rgb) {
  const [r, g, b] = rgb.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The contrast ratio of two `#rrggbb` colours, 1–21. @param {string} a @param {string} b */
export function contrast(a, b) {
  const [light, dark] = [luminance(parse(a)), luminance(parse(b))].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

/** `colour`, moved towards white or black no further than `ratio` on `background` asks for.
 * @param {string} colour @param {string} background @param {number} [ratio] */
export function readable(colour, background, ratio = 4.5) {
  const target = luminance(parse(background)) > 0.18 ? 0 : 255;
  const from = parse(colour);
  for (let step = 0; ; step += 5) {
    const mixed = "#" + from.map((part) => toHex(part + ((target - part) * step) / 100)).join("");
    if (step === 100 || contrast(mixed, background) >= ratio) return mixed;
  }
}

/** @param {number} part */
const toHex = (part) => Math.round(part).toString(16).padStart(2, "0");

/** The accent as a surface, what is written on it, and the accent as text on the panel.
 * @param {string} accent @param {string} panel the panel's own `#rrggbb` background */
export function palette(accent, panel) {
  // A mid-tone gets a darker surface under white rather than black text: it looks like the colour that was chosen.
  const onAccent = contrast(accent, "#ffffff") >= 3 ? "#ffffff" : "#111418";
  return { accent: readable(accent, onAccent), onAccent, accentText: readable(accent, panel, 5.5) };
}

/** What a page or an organization wrote, if it is a colour we can compute with. @param {string | undefined} text */
export const asColour = (text) => (/^#[0-9a-f]{6}$/i.test(text ?? "") ? /** @type {string} */ (text) : "#0f766e");
