// The open conversation: what was said, who is looking at it, and what can be done with it; beside it, the visitor.

import { about } from "./about.js";
import { createComposer } from "./composer.js";
import { button, h } from "./dom.js";
import { headOf } from "./head.js";
import { item } from "./items.js";
import { createPresence } from "./presence.js";
import { change, conversation } from "./server.js";

/** The number of the last reply by staff, if the visitor has seen it. */
function seenByVisitor({ items, seen }) {
  const last = items.findLast((one) => one.role === "staff");
  return last && last.seq <= seen ? last.seq : undefined;
}

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
  const presence = createPresence(others);

  async function open(id) {
    presence.clear();
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
    if (shown?.unread && !document.hidden) change(shown.id, "read", { seq: shown.seq }).then(onChanged);
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

  function draw() {
    el.replaceChildren(head, problem, log, others, ...(shown.may_act ? [composer.el] : []));
    if (shown.may_act) composer.open(shown.id, shown.names);
    composer.el.hidden = shown.state === "closed";
    head.replaceChildren(...headOf(shown, { act, onBack, onAbout }));
    presence.draw();
    log.replaceChildren(
      ...shown.items.map((one) => item(one, shown.names, one.seq === seenByVisitor(shown))),
      shown.writing ? h("p", { className: "iw-hint" }, "Writing…") : "",
    );
    side.replaceChildren(...about(shown, act));
  }

  document.addEventListener("visibilitychange", read);

  return {
    open,
    reload,
    is: (id) => shown?.id === id,
    focus: (mode) => shown?.may_act && composer.focus(mode),
    see: presence.see,
    visitorTypes: presence.visitorTypes,
    visitorSpoke: presence.visitorSpoke,
  };
}
