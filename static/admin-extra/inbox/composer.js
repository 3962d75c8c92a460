// The box in which staff write: replies with canned ones behind /, notes, and drafts that stay until they are sent.

import { button, h } from "./dom.js";
import { createAttachments } from "./files.js";
import { config } from "./server.js";

const TYPING_MS = 3_000;
const draftKey = (id, mode) => `iw-inbox ${mode} ${id}`;

/** `onSend(mode, text, files)` answers whether it was sent; `onTyping()` is called while a reply is typed. */
export function createComposer({ onSend, onTyping }) {
  const box = h("textarea", { className: "iw-input", rows: 3, maxLength: 4000, dir: "auto", "aria-label": "Reply" });
  const menu = h("ul", { className: "iw-inbox-canned", role: "listbox", "aria-label": "Canned replies", hidden: true });
  const warning = h("div", { className: "iw-inbox-warning", role: "alert", hidden: true });
  const modes = {
    reply: h("button", { type: "button", role: "tab", onclick: () => switchTo("reply") }, "Reply"),
    note: h("button", { type: "button", role: "tab", onclick: () => switchTo("note") }, "Note for the team"),
  };
  const sendButton = button("Send", () => send(), { className: "iw-button iw-primary" });
  const hint = h("small", { className: "iw-hint" });
  const files = createAttachments(box, () => (sendButton.disabled = sending || files.isBusy()));
  const el = h(
    "div",
    { className: "iw-inbox-composer" },
    warning,
    h("div", { className: "iw-inbox-modes", role: "tablist", "aria-label": "What to write" }, modes.reply, modes.note),
    h("div", { className: "iw-inbox-box" }, menu, box),
    files.list,
    files.input,
    h("div", { className: "iw-inbox-send" }, hint, files.add, sendButton),
  );
  let mode = "reply";
  let sending = false;
  let id = "";
  let names = {};
  let typedAt = 0;
  let found = [];
  let chosen = 0;

  function switchTo(next) {
    mode = next;
    for (const [name, tab] of Object.entries(modes)) tab.setAttribute("aria-selected", String(name === mode));
    el.classList.toggle("iw-writes-note", mode === "note");
    files.add.hidden = files.list.hidden = mode === "note";
    files.list.hidden ||= !files.list.firstChild;
    box.setAttribute("aria-label", mode === "note" ? "Note for the team" : "Reply");
    sendButton.textContent = mode === "note" ? "Add note" : "Send";
    hint.textContent =
      mode === "note"
        ? "Only your team sees notes."
        : "Enter sends, Shift+Enter starts a new line, / finds canned replies.";
    box.value = sessionStorage.getItem(draftKey(id, mode)) ?? "";
    offer();
  }

  async function send() {
    const text = box.value.trim();
    const attached = mode === "reply" ? files.ids() : [];
    if ((!text && !attached.length) || sendButton.disabled) return;
    const [to, as] = [id, mode];
    sending = sendButton.disabled = true;
    const sent = await onSend(mode, text, attached);
    sending = false;
    sendButton.disabled = files.isBusy();
    if (!sent) return;
    if (id === to && as === "reply") files.clear();
    sessionStorage.removeItem(draftKey(to, as));
    if (id === to && mode === as) box.value = "";
    warn("");
  }

  /** Canned replies whose shortcut begins with what follows a / at the start. */
  function offer() {
    const wanted = mode === "reply" && /^\/([\w-]*)$/u.exec(box.value);
    found = wanted
      ? config.replies.filter((one) => one.organization === names.organization && one.shortcut.startsWith(wanted[1]))
      : [];
    chosen = 0;
    drawMenu();
  }

  function drawMenu() {
    menu.hidden = found.length === 0;
    menu.replaceChildren(
      ...found.map((one, place) =>
        h(
          "li",
          { role: "option", "aria-selected": String(place === chosen), onclick: () => fill(one) },
          h("b", {}, `/${one.shortcut}`),
          h("span", {}, one.text),
        ),
      ),
    );
  }

  function fill(one) {
    box.value = one.text.replace(/ ?\{(visitor|me|assistant|organization)\}/g, (all, name) =>
      // "Hello {visitor}," of somebody whose name is not known is "Hello,".
      names[name] ? all.replace(/\{.*/, () => names[name]) : "",
    );
    keep();
    found = [];
    drawMenu();
    box.focus();
  }

  function keep() {
    if (box.value) sessionStorage.setItem(draftKey(id, mode), box.value);
    else sessionStorage.removeItem(draftKey(id, mode));
  }

  function warn(...said) {
    warning.replaceChildren(...said);
    warning.hidden = !said.some(Boolean);
  }

  box.addEventListener("input", () => {
    keep();
    offer();
    if (mode !== "reply" || !box.value || Date.now() - typedAt < TYPING_MS) return;
    typedAt = Date.now();
    onTyping();
  });
  box.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (found.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length;
      drawMenu();
    } else if (found.length && (event.key === "Enter" || event.key === "Tab")) {
      event.preventDefault();
      fill(found[chosen]);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape") {
      if (found.length) {
        found = [];
        drawMenu();
      } else box.blur();
    }
  });

  return {
    el,
    warn,
    send,
    text: () => box.value,
    /** Another conversation is open, or none that this person may write in. */
    open(next, words) {
      names = words;
      if (next === id) return;
      id = next;
      files.open(next);
      warn("");
      switchTo("reply");
    },
    focus(as) {
      if (as !== mode) switchTo(as);
      box.focus();
    },
  };
}
