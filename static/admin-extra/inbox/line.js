// One conversation in the list.

import { h, icon, since, when } from "./dom.js";
import { config } from "./server.js";

const mark = (text, look = "") => h("span", { className: `iw-inbox-mark ${look}`.trim() }, text);

/** Who is needed, who is on it, until when it rests, and how it is tagged. */
function marksOf(row) {
  const waits = row.state === "waiting";
  const isStaffs = row.state === "staff";
  const who = row.assigned || row.staff;
  return [
    waits && mark(`Waiting ${since(row.waiting_since ?? row.at)}`, "iw-bad"),
    isStaffs && mark(row.staff || "With a person"),
    !waits && !isStaffs && who && mark(who),
    waits && row.assigned && mark(row.assigned),
    row.snoozed && mark(`Until ${when(row.snoozed_until)}`),
    ...row.tags.map((name) => h("span", { className: "iw-inbox-tag" }, name)),
  ].filter(Boolean);
}

/** `onOpen(id)` is called when it is chosen. */
export function lineOf(row, isOpen, onOpen) {
  const marks = marksOf(row);
  const text = row.role === "staff" || row.role === "assistant" ? `↩ ${row.text}` : row.text;
  return h(
    "li",
    { "data-key": row.id },
    h(
      "button",
      {
        type: "button",
        className: `iw-inbox-line${row.unread ? " iw-unread" : ""}`,
        "data-id": row.id,
        "aria-current": isOpen ? "true" : null,
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
