// The list of conversations: its tabs, its search, and one line for each.

import { released } from "../press.js";
import { redraw } from "../redraw.js";
import { h } from "./dom.js";
import { lineOf } from "./line.js";
import { lines } from "./server.js";

const SEARCH_MS = 250;
const EMPTY = {
  waiting: "Nobody is waiting for a person.",
  mine: "No conversation is assigned to you.",
  open: "No open conversations.",
  closed: "No closed conversations.",
};

/** The latest number that a timer takes. */
const LONGEST_MS = 2 ** 31 - 1;

/** `onOpen(id)` is called when a line is chosen, `onCounts(found)` when the list has been read. */
export function createList(onOpen, onCounts) {
  const search = document.getElementById("inbox-search");
  const rows = createRows(document.getElementById("inbox-lines"), onOpen);
  const tabs = createTabs(reload);
  let [asked, drawn] = [0, 0];
  let typing;
  let waking;

  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(reload, SEARCH_MS);
  });

  async function reload() {
    const number = ++asked;
    const query = { tab: tabs.chosen(), q: search.value };
    const found = await lines(query);
    if (number < drawn || query.tab !== tabs.chosen() || query.q !== search.value) return; // a newer answer is shown or comes
    drawn = number;
    if (found.error) return rows.fail(found.error);
    rows.draw(found, query.q ? "Nothing found." : EMPTY[query.tab]);
    onCounts(found);
    clearTimeout(waking);
    if (found.again_at)
      waking = setTimeout(reload, Math.min(Date.parse(found.again_at) - Date.now() + 500, LONGEST_MS));
  }

  return {
    reload,
    mark: rows.mark,
    beside: rows.beside,
    focusSearch: () => search.focus(),
  };
}

/** The tabs above the list; `onChoose()` is called when another one has been chosen. */
function createTabs(onChoose) {
  const tabs = [...document.querySelectorAll("#inbox [data-tab]")];
  let chosen = "waiting";

  function choose(name) {
    chosen = name;
    for (const button of tabs) button.setAttribute("aria-selected", String(button.dataset.tab === name));
    onChoose();
  }

  for (const button of tabs) button.addEventListener("click", () => choose(button.dataset.tab));
  return { chosen: () => chosen };
}

/** The lines in `el`, and which of them is open. */
function createRows(el, onOpen) {
  let shown = [];
  let open = "";
  let newest = null;

  return {
    /** Shows what went wrong instead. */
    fail(error) {
      newest = null;
      el.setAttribute("aria-busy", "false");
      el.replaceChildren(h("li", { className: "iw-bad", role: "alert" }, error));
    },
    /** Shows what was found; while a line is being pressed, none moves away from under the pointer. */
    async draw(found, empty) {
      newest = found;
      await released();
      if (found !== newest) return;
      el.setAttribute("aria-busy", "false");
      shown = found.lines;
      const rows = shown.length
        ? shown.map((row) => lineOf(row, row.id === open, onOpen))
        : [h("li", { className: "iw-hint iw-inbox-empty", "data-key": "empty" }, empty)];
      if (found.more)
        rows.push(h("li", { className: "iw-hint", "data-key": "more" }, "Older ones are found by searching."));
      redraw(el, ...rows);
    },
    /** Shows which line is open. */
    mark(id) {
      open = id;
      for (const button of el.querySelectorAll("[data-id]")) {
        if (button.dataset.id === id) button.setAttribute("aria-current", "true");
        else button.removeAttribute("aria-current");
      }
    },
    /** The id of the line after (1) or before (-1) the open one. */
    beside(step) {
      const at = shown.findIndex(({ id }) => id === open);
      return shown[at < 0 ? 0 : Math.min(Math.max(at + step, 0), shown.length - 1)]?.id;
    },
  };
}
