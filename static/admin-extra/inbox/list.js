// The list of conversations: its tabs, its search, and one line for each.

import { h, icon, since, when } from "./dom.js";
import { config, lines } from "./server.js";

const SEARCH_MS = 250;

/** `onOpen(id)` is called when a line is chosen. */
export function createList(onOpen, onCounts) {
  const el = document.getElementById("inbox-lines");
  const search = document.getElementById("inbox-search");
  const tabs = [...document.querySelectorAll("#inbox [data-tab]")];
  let tab = "waiting";
  let shown = [];
  let open = "";
  let asked = 0;
  let typing;
  let waking;

  for (const button of tabs) button.addEventListener("click", () => choose(button.dataset.tab));
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(reload, SEARCH_MS);
  });

  function choose(name) {
    tab = name;
    for (const button of tabs) button.setAttribute("aria-selected", String(button.dataset.tab === name));
    return reload();
  }

  async function reload() {
    const number = ++asked;
    const found = await lines({ tab, q: search.value });
    if (number !== asked) return; // a newer answer is on its way
    el.setAttribute("aria-busy", "false");
    if (found.error) return el.replaceChildren(h("li", { className: "iw-bad", role: "alert" }, found.error));
    shown = found.lines;
    draw(found.more);
    onCounts(found);
    clearTimeout(waking);
    if (found.again_at)
      waking = setTimeout(reload, Math.min(Date.parse(found.again_at) - Date.now() + 500, 2 ** 31 - 1));
  }

  function draw(more) {
    const empty = search.value ? "Nothing found." : EMPTY[tab];
    const rows = shown.length ? shown.map(line) : [h("li", { className: "iw-hint iw-inbox-empty" }, empty)];
    if (more) rows.push(h("li", { className: "iw-hint" }, "Older ones are found by searching."));
    const focused = el.contains(document.activeElement) && document.activeElement.dataset.id;
    el.replaceChildren(...rows);
    if (focused) el.querySelector(`[data-id="${focused}"]`)?.focus();
  }

  function line(row) {
    const who = row.assigned || row.staff;
    const waits = row.state === "waiting";
    const marks = [
      waits && h("span", { className: `iw-inbox-mark iw-bad` }, `Waiting ${since(row.waiting_since ?? row.at)}`),
      row.state === "staff" && h("span", { className: "iw-inbox-mark" }, row.staff || "With a person"),
      !waits && row.state !== "staff" && who && h("span", { className: "iw-inbox-mark" }, who),
      waits && row.assigned && h("span", { className: "iw-inbox-mark" }, row.assigned),
      row.asleep && h("span", { className: "iw-inbox-mark" }, `Until ${when(row.snoozed_until)}`),
      ...row.tags.map((name) => h("span", { className: "iw-inbox-tag" }, name)),
    ].filter(Boolean);
    const text = row.role === "staff" || row.role === "assistant" ? `↩ ${row.text}` : row.text;
    return h(
      "li",
      {},
      h(
        "button",
        {
          type: "button",
          className: `iw-inbox-line${row.unread ? " iw-unread" : ""}`,
          "data-id": row.id,
          "aria-current": row.id === open ? "true" : null,
          onclick: () => onOpen(row.id),
        },
        h(
          "span",
          { className: "iw-inbox-line-head" },
          row.unread ? h("span", { className: "iw-inbox-dot", title: "Unread" }) : "",
          h("b", {}, h("bdi", {}, row.visitor)),
          h("small", {}, when(row.at)),
        ),
        h("span", { className: "iw-inbox-line-text", dir: "auto" }, text),
        marks.length ? h("span", { className: "iw-inbox-marks" }, marks) : "",
        config.several ? h("small", {}, icon("apartment"), row.organization) : "",
      ),
    );
  }

  return {
    reload,
    choose,
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
    focusSearch: () => search.focus(),
  };
}

const EMPTY = {
  waiting: "Nobody is waiting for a person.",
  mine: "No conversation is assigned to you.",
  open: "No open conversations.",
  closed: "No closed conversations.",
};
