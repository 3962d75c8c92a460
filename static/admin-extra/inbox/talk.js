// The open conversation: what was said, who is looking at it, and what can be done with it; beside it, the visitor.

import { createComposer } from "./composer.js";
import { button, h, icon, moment, since } from "./dom.js";
import { sentFile } from "./files.js";
import { change, config, conversation } from "./server.js";

const HERE_MS = 45_000; // after which somebody who was looking at it is taken to have gone
const TYPING_MS = 5_000;
const SPEAKERS = { visitor: "Visitor", assistant: "Assistant", system: "" };

/** `socket` says what is watched and typed; `onChanged()` is called after every change that was made here. On a phone,
 * `onBack()` and `onAbout()` lead to the list, and to what is known of the visitor and back. */
export function createTalk(socket, { onChanged, onBack, onAbout }) {
  const el = document.getElementById("inbox-talk");
  const side = document.getElementById("inbox-side");
  const head = h("header", { className: "iw-inbox-head" });
  const log = h("div", { className: "iw-inbox-log", role: "log", "aria-label": "Messages", tabIndex: 0 });
  const others = h("p", { className: "iw-hint iw-inbox-others", role: "status" });
  const problem = h("p", { className: "iw-bad", role: "alert", hidden: true });
  const composer = createComposer({ onSend: send, onTyping: socket.typing });
  let shown = null;
  let asked = 0;
  let visitorTyped = 0;
  const here = new Map(); // user → { name, at, typed }

  async function open(id) {
    here.clear();
    visitorTyped = 0;
    shown = null;
    socket.watch(id);
    await reload(id);
    if (shown?.id === id && matchMedia("(pointer: fine)").matches) composer.focus("reply");
  }

  async function reload(id = shown?.id) {
    if (!id) return;
    const number = ++asked;
    const found = await conversation(id);
    if (number !== asked) return;
    if (found.error) return fail(found.error);
    fail("");
    const first = shown?.id !== id;
    const below = first || log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    shown = found;
    draw();
    if (below) log.scrollTop = log.scrollHeight;
    read();
  }

  /** What is on the screen of somebody who looks at it is read. */
  function read() {
    if (shown?.unread && !document.hidden)
      change(shown.id, "read", { seq: shown.seq }).then(onChanged);
  }

  function fail(text) {
    problem.textContent = text;
    problem.hidden = !text;
    if (!el.contains(problem)) el.replaceChildren(problem);
  }

  async function act(name, fields) {
    const answer = await change(shown.id, name, fields);
    fail(answer.error ?? "");
    await reload();
    onChanged();
    return !answer.error;
  }

  async function send(mode, text, files) {
    if (mode === "note") return act("note", { text });
    const answer = await change(shown.id, "reply", [
      ["text", text],
      ["seq", shown.seq],
      ...files.map((file) => ["file", file]),
    ]);
    if (answer.crossed) {
      const { by, text: theirs } = answer.crossed;
      await reload(); // from here on, the answer counts as written against what the other one said
      composer.warn(
        h("b", {}, `${by || "Somebody else"} answered while you were writing:`),
        h("q", { dir: "auto" }, theirs),
        button("Send mine too", () => composer.send()),
      );
      return false;
    }
    if (answer.error) composer.warn(answer.error);
    await reload();
    onChanged();
    return !answer.error;
  }

  // --- Drawing -------------------------------------------------------------------------------------------------------

  function draw() {
    el.replaceChildren(head, problem, log, others, ...(shown.may_act ? [composer.el] : []));
    if (shown.may_act) composer.open(shown.id, shown.names);
    composer.el.hidden = shown.state === "closed";
    drawHead();
    drawOthers();
    log.replaceChildren(...shown.items.map(item), shown.writing ? h("p", { className: "iw-hint" }, "Writing…") : "");
    side.replaceChildren(...about());
  }

  function drawHead() {
    const waiting = shown.state === "waiting" && !shown.asleep;
    const state = waiting ? `Waiting for ${since(shown.waiting_since ?? shown.at)} · ${shown.reach}` : stateOf();
    head.replaceChildren(
      button(icon("arrow_back"), onBack, { className: "iw-button iw-inbox-back", "aria-label": "Back to the list" }),
      h("div", { className: "iw-inbox-title" }, h("h2", {}, h("bdi", {}, shown.title)), h("small", {}, state)),
      button(icon("info"), onAbout, { className: "iw-button iw-inbox-about", "aria-label": "About the visitor" }),
      shown.may_act ? h("div", { className: "iw-inbox-acts" }, ...acts()) : "",
    );
  }

  function stateOf() {
    if (shown.asleep) return `Snoozed until ${moment(shown.snoozed_until)}`;
    return shown.state === "staff" ? `With ${shown.staff || "a person"}` : shown.state_label;
  }

  function acts() {
    if (shown.state === "closed") return [];
    const mine = shown.state === "staff";
    return [
      mine
        ? button("Hand back…", handBack)
        : button("Take over", () => act("take"), { title: `${shown.names.assistant} stops answering` }),
      snoozing(),
      button("Close", () => act("close")),
    ];
  }

  function snoozing() {
    if (shown.asleep) return button("Wake", () => act("snooze", { hours: 0 }));
    const choices = [
      ["Snooze", ""],
      ["1 hour", 1],
      ["4 hours", 4],
      ["1 day", 24],
      ["1 week", 168],
    ];
    const select = h("select", { className: "iw-input", "aria-label": "Snooze" });
    select.append(...choices.map(([label, hours]) => new Option(label, hours)));
    select.onchange = () => act("snooze", { hours: select.value });
    return select;
  }

  function handBack() {
    const name = shown.names.assistant;
    const note = h("textarea", { className: "iw-input", rows: 3, maxLength: 1000, id: "inbox-note" });
    const dialog = h(
      "dialog",
      { className: "iw-dialog", "aria-labelledby": "inbox-hand-back" },
      h("h2", { id: "inbox-hand-back" }, `Hand back to ${name}`),
      h("label", { for: "inbox-note" }, `Note for ${name} (optional)`),
      note,
      h("p", { className: "iw-hint" }, `${name} reads it as instructions. A visitor may get ${name} to repeat it.`),
      h(
        "div",
        { className: "iw-actions" },
        button("Hand back", () => done(true), { className: "iw-button iw-primary" }),
        button("Cancel", () => done(false)),
      ),
    );
    function done(confirmed) {
      dialog.close();
      dialog.remove();
      if (confirmed) act("hand-back", { note: note.value });
    }
    dialog.addEventListener("cancel", () => dialog.remove());
    el.append(dialog);
    dialog.showModal();
  }

  function item(one) {
    if (one.kind === "card") {
      return h(
        "div",
        { className: "iw-inbox-card" },
        h("small", {}, `${one.label}: ${one.state} · ${moment(one.at)}`),
        h("p", { dir: "auto" }, one.text),
      );
    }
    if (one.role === "system") return h("p", { className: "iw-inbox-system", dir: "auto" }, one.text);
    const speaker = one.by || (one.role === "assistant" ? shown.names.assistant : SPEAKERS[one.role]) || "Staff";
    const cut = one.state === "complete" ? "" : ` · ${one.state}`;
    return h(
      "div",
      { className: `iw-inbox-said iw-by-${one.role}` },
      one.text ? h("p", { dir: "auto" }, one.text) : "",
      ...one.files.map(sentFile),
      h("small", {}, `${speaker} · ${moment(one.at)}${cut}`),
    );
  }

  function drawOthers() {
    const now = Date.now();
    const others_ = [...here.values()].filter(({ at }) => now - at < HERE_MS);
    const said = others_.map(({ name, typed }) =>
      now - typed < TYPING_MS ? `${name} is writing…` : `${name} is here, too.`,
    );
    if (now - visitorTyped < TYPING_MS) said.unshift("The visitor is writing…");
    others.textContent = said.join(" ");
  }

  // --- Beside it -----------------------------------------------------------------------------------------------------

  function about() {
    const part = (title, ...rows) => (rows.flat().length ? h("section", {}, h("h3", {}, title), ...rows.flat()) : "");
    const link = (row) =>
      h(
        "a",
        { className: "iw-inbox-link", href: row.url },
        h("span", {}, row.title),
        h("small", {}, row.when ?? moment(row.at), row.state ? ` · ${row.state}` : ""),
      );
    const facts = shown.facts.map(([name, value]) => [h("dt", {}, name), h("dd", { dir: "auto" }, value)]).flat();
    const page = shown.page.url
      ? [
          h(
            "a",
            { className: "iw-inbox-link", href: shown.page.url, target: "_blank", rel: "noopener noreferrer nofollow" },
            shown.page.title || shown.page.url,
          ),
        ]
      : [];
    return [
      part("Who sees to it", shown.may_act ? assigning() : h("p", {}, shown.assigned || "Nobody yet")),
      part("Tags", shown.may_act ? tagging() : h("p", {}, shown.tags.join(", ") || "None")),
      part("Visitor", h("dl", {}, ...facts)),
      part("Page", page),
      part("Summary", shown.summary ? [h("p", { dir: "auto" }, shown.summary)] : []),
      part(
        "Notes",
        shown.notes.map((one) =>
          h(
            "div",
            { className: "iw-inbox-note" },
            h("p", { dir: "auto" }, one.text),
            h("small", {}, `${one.by} · ${moment(one.at)}`),
          ),
        ),
      ),
      part("Appointments", shown.appointments.map(link)),
      part("Earlier conversations", shown.earlier.map(link)),
      h("a", { className: "iw-button", href: shown.url }, "Show what the assistant did"),
    ].filter(Boolean);
  }

  function assigning() {
    const select = h("select", { className: "iw-input", "aria-label": "Who sees to it" });
    select.append(
      new Option("Nobody", ""),
      ...shown.people.map(({ id, name }) => new Option(id === config.me ? `${name} (you)` : name, id)),
    );
    select.value = shown.assigned_id ?? "";
    select.onchange = () => act("assign", { user: select.value });
    return select;
  }

  function tagging() {
    const known = h("datalist", { id: "inbox-tags" }, ...config.tags.map((name) => h("option", { value: name })));
    const input = h("input", {
      className: "iw-input",
      placeholder: "Add a tag",
      maxLength: 40,
      "aria-label": "Add a tag",
    });
    input.setAttribute("list", "inbox-tags");
    input.onkeydown = (event) => {
      if (event.key !== "Enter" || event.isComposing || !input.value.trim()) return;
      event.preventDefault();
      act("tag", { tags: [...shown.tags, input.value.replaceAll(",", " ")].join(",") });
    };
    const tags = shown.tags.map((name) =>
      h(
        "span",
        { className: "iw-inbox-tag" },
        name,
        h(
          "button",
          {
            type: "button",
            "aria-label": `Remove the tag ${name}`,
            onclick: () => act("tag", { tags: shown.tags.filter((one) => one !== name).join(",") }),
          },
          "×",
        ),
      ),
    );
    return [h("div", { className: "iw-inbox-marks" }, tags), input, known];
  }

  setInterval(drawOthers, 1_000);
  document.addEventListener("visibilitychange", read);

  return {
    open,
    reload,
    is: (id) => shown?.id === id,
    focus: (mode) => shown?.may_act && composer.focus(mode),
    /** Somebody looks at it, leaves it, or types. */
    see({ user, name, typing = false, gone = false }) {
      if (user === config.me) return;
      if (gone) here.delete(user);
      else here.set(user, { name, at: Date.now(), typed: typing ? Date.now() : (here.get(user)?.typed ?? 0) });
      drawOthers();
    },
    visitorTypes() {
      visitorTyped = Date.now();
      drawOthers();
    },
    visitorSpoke: () => (visitorTyped = 0),
  };
}
