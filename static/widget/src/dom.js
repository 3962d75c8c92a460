/** Nodes, never markup: nothing here or elsewhere in the widget parses a string as HTML. */
import { toJson } from "./json.js";
import { parseMarkdown } from "./markdown.js";

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

/** A button that shows an icon and says its name. @param {string} path @param {string} label @param {Props} [props] */
export function iconButton(path, label, props) {
  return h("button", { type: "button", class: "icon", "aria-label": label, title: label, ...props }, icon(path));
}

/** Written text as paragraphs and lists. A block whose source stayed the same keeps its nodes, and so what a reader
 * has selected in it, while the reply below it grows. */
export function createProse() {
  const el = h("div", { class: "prose", dir: "auto" });
  /** @type {string[]} */
  let shown = [];
  return {
    el,
    /** @param {string} text */
    update(text) {
      const blocks = parseMarkdown(text);
      const sources = blocks.map(toJson);
      let same = 0;
      while (same < shown.length && shown[same] === sources[same]) same += 1;
      while (el.childNodes.length > same) el.lastChild?.remove();
      el.append(...blocks.slice(same).map(drawBlock));
      shown = sources;
    },
  };
}

/** @param {import("./markdown.js").Block} block @returns {Node} */
function drawBlock(block) {
  if (block.type === "code") return h("pre", { tabindex: "0" }, h("code", null, block.text));
  if (block.type !== "list") return h("p", { class: block.type }, block.inline.map(drawInline));
  const items = block.items.map((item) => h("li", null, item.map(drawInline)));
  return block.ordered ? h("ol", { start: block.start }, items) : h("ul", null, items);
}

/** @param {import("./markdown.js").Inline} part @returns {Node} */
function drawInline(part) {
  switch (part.type) {
    case "text":
      return document.createTextNode(part.text);
    case "break":
      return h("br");
    case "code":
      return h("code", null, part.text);
    case "link":
      return h(
        "a",
        { href: part.href, target: "_blank", rel: "noopener noreferrer nofollow" },
        part.inline.map(drawInline),
      );
    default:
      return h(part.type === "strong" ? "strong" : "em", null, part.inline.map(drawInline));
  }
}
