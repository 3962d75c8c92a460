// Above the messages of the open conversation: its title, its state, and what can be done with it.

import { button, h, icon, moment, since } from "./dom.js";
import { createLength } from "./length.js";

const SNOOZES = [
  ["Snooze", ""],
  ["1 hour", 1],
  ["4 hours", 4],
  ["1 day", 24],
  ["1 week", 168],
];

export const backButton = (onBack) =>
  button(icon("arrow_back"), onBack, {
    className: "iw-button iw-inbox-back",
    "aria-label": "Back to the list",
    "data-key": "back",
  });

/** What stands above the messages, and what can be done. `act(name, fields)` changes the conversation. */
export function headOf(shown, { act, onBack, onAbout }) {
  const waiting = shown.state === "waiting" && !shown.snoozed;
  const state = waiting ? `Waiting for ${since(shown.waiting_since ?? shown.at)} · ${shown.reach}` : stateOf(shown);
  return [
    backButton(onBack),
    h("div", { className: "iw-inbox-title" }, h("h2", {}, h("bdi", {}, shown.title)), h("small", {}, state)),
    button(icon("info"), onAbout, {
      className: "iw-button iw-inbox-about",
      "aria-label": "About the visitor",
      "data-key": "about",
    }),
    ...(shown.may_act ? [h("div", { className: "iw-inbox-acts" }, ...acts(shown, act))] : []),
  ];
}

function stateOf(shown) {
  if (shown.snoozed) return `Snoozed until ${moment(shown.snoozed_until)}`;
  return shown.state === "staff" ? `With ${shown.staff || "a person"}` : shown.state_label;
}

function acts(shown, act) {
  if (shown.state === "closed") return [];
  const mine = shown.state === "staff";
  return [
    mine
      ? button("Hand back…", () => handBack(shown, act), { "data-key": "hand-back" })
      : button("Take over", () => act("take"), {
          title: `${shown.names.assistant} stops answering`,
          "data-key": "take",
        }),
    snoozing(shown, act),
    button("Close", () => act("close"), { "data-key": "close" }),
  ];
}

function snoozing(shown, act) {
  if (shown.snoozed) return button("End snooze", () => act("snooze", { hours: 0 }), { "data-key": "wake" });
  const onchange = ({ target }) => act("snooze", { hours: target.value });
  const select = h("select", { className: "iw-input", "aria-label": "Snooze", onchange });
  select.append(...SNOOZES.map(([label, hours]) => new Option(label, hours)));
  return select;
}

function handBack(shown, act) {
  const name = shown.names.assistant;
  const note = h("textarea", { className: "iw-input", rows: 3, id: "inbox-note" });
  const length = createLength(note);
  const confirm = button("Hand back", () => done(true), { className: "iw-button iw-primary" });
  note.oninput = () => (confirm.disabled = length.excess("hand_back") > 0);
  const dialog = h(
    "dialog",
    { className: "iw-dialog", "aria-labelledby": "inbox-hand-back" },
    h("h2", { id: "inbox-hand-back" }, `Hand back to ${name}`),
    h("label", { for: "inbox-note" }, `Note for ${name} (optional)`),
    note,
    length.el,
    h("p", { className: "iw-hint" }, `${name} reads it as instructions. A visitor may get ${name} to repeat it.`),
    h(
      "div",
      { className: "iw-actions" },
      confirm,
      button("Cancel", () => done(false)),
    ),
  );
  function done(confirmed) {
    dialog.close();
    dialog.remove();
    if (confirmed) act("hand-back", { note: note.value });
  }
  dialog.addEventListener("cancel", () => dialog.remove());
  document.getElementById("inbox").append(dialog); // whatever comes in meanwhile redraws the conversation
  dialog.showModal();
}
