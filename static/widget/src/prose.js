/** Markdown as nodes. Apart from `dom.js`, so that the loader does without a parser. */
import { h } from "./dom.js";
import { toJson } from "./json.js";
import { parseMarkdown } from "./markdown.js";

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
      for (const node of [...el.childNodes].slice(same)) el.removeChild(node);
      el.append(...blocks.slice(same).map(drawBlock));
      shown = sources;
    },
  };
}

/** @param {import("./markdown.js").Block} block @returns {Node} */
function drawBlock(block) {
  if (block.type === "code") return h("pre", { tabindex: "0" }, h("code", null, block.text));
  if (block.type === "table") return drawTable(block);
  if (block.type !== "list") return h("p", { class: block.type }, block.inline.map(drawInline));
  const items = block.items.map((item) => h("li", null, item.map(drawInline)));
  return block.ordered ? h("ol", { start: block.start }, items) : h("ul", null, items);
}

/** A wide one is scrolled sideways, also with the keyboard.
 * @param {Extract<import("./markdown.js").Block, { type: "table" }>} table */
function drawTable({ head, rows }) {
  /** @param {"th" | "td"} tag @param {import("./markdown.js").Inline[][]} cells */
  const row = (tag, cells) =>
    h("tr", null, cells.map((cell) => h(tag, tag === "th" ? { scope: "col" } : null, cell.map(drawInline)))); // prettier-ignore
  const body = rows.map((cells) => row("td", cells));
  return h(
    "div",
    { class: "table", tabindex: "0" },
    h("table", null, h("thead", null, row("th", head)), h("tbody", null, body)),
  );
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
