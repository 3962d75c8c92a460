// Beside the open conversation: who it is assigned to, its tags, and what is known of the visitor.

import { h, moment } from "./dom.js";
import { config } from "./server.js";

/** The parts of the side: who it is assigned to, tags, the visitor, notes, appointments. `act(name, fields)` changes them. */
export function about(shown, act) {
  const facts = shown.facts.map(([name, value]) => [h("dt", {}, name), h("dd", { dir: "auto" }, value)]).flat();
  return [
    part("Assigned to", shown.may_act ? assigning(shown, act) : h("p", {}, shown.assigned || "Nobody yet")),
    part("Tags", ...(shown.may_act ? tagging(shown, act) : [h("p", {}, shown.tags.join(", ") || "None")])),
    part("Visitor", h("dl", {}, ...facts)),
    part("Rating", ...ratingOf(shown.rating)),
    part("Page", ...pageOf(shown.page)),
    part("Summary", ...(shown.summary ? [h("p", { dir: "auto" }, shown.summary)] : [])),
    part("Notes", ...shown.notes.map(note)),
    part("Appointments", ...shown.appointments.map(link)),
    part("Earlier conversations", ...shown.earlier.map(link)),
    h("a", { className: "iw-button", href: shown.url }, "Show what the assistant did"),
  ].filter(Boolean);
}

const part = (title, ...rows) => (rows.length ? h("section", { "data-key": title }, h("h3", {}, title), ...rows) : "");

const link = (row) =>
  h(
    "a",
    { className: "iw-inbox-link", href: row.url },
    h("span", {}, row.title),
    h("small", {}, row.when ?? moment(row.at), row.state ? ` · ${row.state}` : ""),
  );

const note = ({ text, by, at }) =>
  h("div", { className: "iw-inbox-note" }, h("p", { dir: "auto" }, text), h("small", {}, `${by} · ${moment(at)}`));

const tag = (name, onRemove) =>
  h(
    "span",
    { className: "iw-inbox-tag", "data-key": name },
    name,
    h("button", { type: "button", "aria-label": `Remove the tag ${name}`, onclick: onRemove }, "×"),
  );

function ratingOf(rating) {
  if (!rating) return [];
  const { score, comment, at } = rating;
  const stars = h("span", { "aria-hidden": "true" }, "★".repeat(score) + "☆".repeat(5 - score));
  const said = h("p", {}, stars, ` ${score} of 5 · `, h("small", {}, moment(at)));
  return comment ? [said, h("p", { className: "iw-inbox-comment", dir: "auto" }, comment)] : [said];
}

function pageOf({ url, title }) {
  if (!url) return [];
  const opened = { href: url, target: "_blank", rel: "noopener noreferrer nofollow" };
  return [h("a", { className: "iw-inbox-link", ...opened }, title || url)];
}

function assigning(shown, act) {
  const onchange = ({ target }) => act("assign", { user: target.value });
  const select = h("select", { className: "iw-input", "aria-label": "Assigned to", onchange });
  select.append(
    new Option("Nobody", ""),
    ...shown.people.map(({ id, name }) => new Option(id === config.me ? `${name} (you)` : name, id)),
  );
  select.value = shown.assigned_id ?? "";
  return select;
}

function tagging(shown, act) {
  const known = h("datalist", { id: "inbox-tags" }, ...config.tags.map((name) => h("option", { value: name })));
  const input = h("input", {
    className: "iw-input",
    placeholder: "Add a tag",
    maxLength: 40,
    "aria-label": "Add a tag",
    onkeydown: (event) => {
      if (event.key === "Enter" && !event.isComposing) addTag(event, act);
    },
  });
  input.setAttribute("list", "inbox-tags");
  const tags = shown.tags.map((name) => tag(name, (event) => removeTag(event, name, act)));
  return [h("div", { className: "iw-inbox-marks" }, tags), input, known];
}

function removeTag(event, name, act) {
  const isByKey = event.detail === 0;
  if (isByKey) event.target.closest("section").querySelector("input").focus(); // and not the next tag's button
  act("untag", { name });
}

/** Adds what is in the box, which is empty for the next tag at once; a tag that could not be added comes back. */
async function addTag(event, act) {
  event.preventDefault();
  const box = event.target;
  const name = box.value.trim();
  if (!name) return;
  box.value = "";
  const isDone = await act("tag", { name });
  if (!isDone && !box.value) box.value = name;
}
