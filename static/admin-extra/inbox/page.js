// The inbox: a list, the open conversation, and a socket that says what to read again. Nothing is polled.

import { OpenConversation } from "./conversation.js";
import { createList } from "./list.js";
import { config, connect } from "./server.js";

const TOGETHER_MS = 150; // events that come together are read once
const root = document.getElementById("inbox");
const offline = document.getElementById("inbox-connection");
const title = document.title;

const socket = connect(heard, (online, isRefused) => {
  offline.hidden = online;
  if (isRefused) offline.textContent = "Live updates were refused. Reload the page to see what is new.";
});
const list = createList(open, counted);
const conversation = new OpenConversation(socket, {
  onChanged: () => again("list"),
  onBack: () => (root.dataset.showing = "list"),
  onAbout: () => (root.dataset.showing = root.dataset.showing === "side" ? "conversation" : "side"),
});

const due = new Set();
let timer;

/** Reads the list, the open conversation or both again, soon. */
function again(...parts) {
  for (const part of parts) due.add(part);
  timer ??= setTimeout(() => {
    timer = undefined;
    if (due.has("list")) list.reload();
    if (due.has("conversation")) conversation.reload();
    due.clear();
  }, TOGETHER_MS);
}

function heard(event) {
  const isOpen = conversation.isOpen(event.conversation);
  switch (event.type) {
    case "missed":
      return again("list", "conversation");
    case "changed":
      if (isOpen) conversation.presence.visitorSpoke();
      return again("list", ...(isOpen ? ["conversation"] : []));
    case "seen":
      return isOpen && again("conversation");
    case "read":
      return event.by === config.me && again("list");
    case "visitor.typing":
      return isOpen && conversation.presence.visitorTypes();
    case "staff.here":
      return isOpen && conversation.presence.see(event);
  }
}

function open(id) {
  if (!id) return;
  root.dataset.showing = "conversation";
  list.mark(id);
  history.replaceState(null, "", `?conversation=${id}`);
  return conversation.open(id);
}

function counted({ counts, unread }) {
  for (const [name, count] of Object.entries(counts)) {
    const place = root.querySelector(`[data-count="${name}"]`);
    place.textContent = count;
    place.hidden = count === 0;
  }
  const wanting = counts.waiting + unread;
  document.title = wanting ? `(${wanting}) ${title}` : title;
}

document.addEventListener("keydown", (event) => {
  if (
    event.target.matches("input, textarea, select, [contenteditable]") ||
    document.querySelector("dialog[open]") ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey
  )
    return;
  const acts = {
    j: () => open(list.beside(1)),
    k: () => open(list.beside(-1)),
    r: () => conversation.focus("reply"),
    n: () => conversation.focus("note"),
    "/": list.focusSearch,
  };
  const act = acts[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

addEventListener("iw:open", (event) => {
  event.preventDefault();
  open(event.detail);
});

list.reload();
if (config.open) open(config.open);
