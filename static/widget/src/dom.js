/** Nodes, never markup: nothing here or elsewhere in the widget parses a string as HTML. */

/** @typedef {Node | string | null | undefined | false} Child */
/** @typedef {Record<string, unknown>} Props `onclick` and its like are listeners; false and null leave an attribute out */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Props | null} [props] @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name.startsWith("on")) el.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (value !== null && value !== undefined && value !== false)
      el.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) if (child) el.append(child);
  return el;
}

const SVG = "http://www.w3.org/2000/svg";

/** A 24 × 24 icon drawn with the text's colour. @param {string} path */
export function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** A button that shows an icon and has a name for screen readers. @param {string} path @param {string} label @param {Props} [props] */
export function iconButton(path, label, props) {
  return h("button", { type: "button", class: "icon", "aria-label": label, title: label, ...props }, icon(path));
}
