// The open conversation: what was said, who is looking at it, and what can be done with it; beside it, the visitor.

import { about } from "./about.js";
import { Composer } from "./composer.js";
import { button, h } from "./dom.js";
import { headOf } from "./head.js";
import { item } from "./items.js";
import { createPresence } from "./presence.js";
import { change, conversation } from "./server.js";

/** So close to the end, the messages follow what is added. */
const NEAR_END_PX = 80;

/** The number of the last reply by staff, if the visitor has seen it. */
function seenByVisitor({ items, seen }) {
  const last = items.findLast((one) => one.role === "staff");
  return last && last.seq <= seen ? last.seq : undefined;
}

export class OpenConversation {
  #shown = null;
  #asked = 0;
  #socket;
  #on;
  #el = document.getElementById("inbox-talk");
  #side = document.getElementById("inbox-side");
  #head = h("header", { className: "iw-inbox-head" });
  #log = h("div", { className: "iw-inbox-log", role: "log", "aria-label": "Messages", tabIndex: 0 });
  #others = h("p", { className: "iw-hint iw-inbox-others", role: "status" });
  #problem = h("p", { className: "iw-bad", role: "alert", hidden: true });
  #composer;
  presence = createPresence(this.#others);

  /** `socket` says what is watched and typed; `onChanged()` is called after every change that was made here. On a phone,
   * `onBack()` and `onAbout()` lead to the list, and to what is known of the visitor and back. */
  constructor(socket, { onChanged, onBack, onAbout }) {
    this.#socket = socket;
    this.#on = { onChanged, onBack, onAbout };
    this.#composer = new Composer({
      onSend: (mode, text, files) => (mode === "note" ? this.#act("note", { text }) : this.#reply(text, files)),
      onTyping: socket.typing,
    });
    document.addEventListener("visibilitychange", () => this.#markRead());
  }

  isOpen(id) {
    return this.#shown?.id === id;
  }

  async open(id) {
    this.presence.clear();
    this.#shown = null;
    this.#socket.watch(id);
    await this.reload(id);
    if (this.isOpen(id) && matchMedia("(pointer: fine)").matches) this.#composer.focus("reply");
  }

  async reload(id = this.#shown?.id) {
    if (!id) return;
    const number = ++this.#asked;
    const found = await conversation(id);
    if (number !== this.#asked) return;
    this.#fail(found.error ?? "");
    if (found.error) return;
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    const follows = !this.isOpen(id) || scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    this.#shown = found;
    this.#draw();
    if (follows) this.#log.scrollTop = this.#log.scrollHeight;
    this.#markRead();
  }

  /** `mode` is "reply" or "note". */
  focus(mode) {
    if (this.#shown?.may_act) this.#composer.focus(mode);
  }

  /** What is on the screen of somebody who looks at it is read. */
  #markRead() {
    const shown = this.#shown;
    if (shown?.unread && !document.hidden) change(shown.id, "read", { seq: shown.seq }).then(this.#on.onChanged);
  }

  #fail(text) {
    this.#problem.textContent = text;
    this.#problem.hidden = !text;
    if (!this.#el.contains(this.#problem)) this.#el.replaceChildren(this.#problem);
  }

  async #act(name, fields) {
    const answer = await change(this.#shown.id, name, fields);
    const isDone = await this.#changed(answer);
    if (answer.error) this.#fail(answer.error); // after what was read anew, which has no error of its own
    return isDone;
  }

  async #reply(text, files) {
    const { id, seq } = this.#shown;
    const attached = files.map((file) => ["file", file]);
    const answer = await change(id, "reply", [["text", text], ["seq", seq], ...attached]);
    if (answer.crossed) return this.#warnOfCrossing(answer.crossed);
    if (answer.error) this.#composer.warn(answer.error);
    return this.#changed(answer);
  }

  async #changed(answer) {
    await this.reload();
    this.#on.onChanged();
    return !answer.error;
  }

  async #warnOfCrossing({ by, text }) {
    await this.reload(); // from here on, the answer counts as written against what the other one said
    this.#composer.warn(
      h("b", {}, `${by || "Somebody else"} answered while you were writing:`),
      h("q", { dir: "auto" }, text),
      button("Send mine too", () => this.#composer.send()),
    );
    return false;
  }

  #draw() {
    const [shown, composer] = [this.#shown, this.#composer];
    const seen = seenByVisitor(shown);
    const act = (name, fields) => this.#act(name, fields);
    this.#el.replaceChildren(
      this.#head,
      this.#problem,
      this.#log,
      this.#others,
      ...(shown.may_act ? [composer.el] : []),
    );
    if (shown.may_act) composer.open(shown.id, shown.names);
    composer.el.hidden = shown.state === "closed";
    this.#head.replaceChildren(...headOf(shown, { act, onBack: this.#on.onBack, onAbout: this.#on.onAbout }));
    this.presence.draw();
    this.#log.replaceChildren(
      ...shown.items.map((one) => item(one, shown.names, one.seq === seen)),
      shown.writing ? h("p", { className: "iw-hint" }, "Writing…") : "",
    );
    this.#side.replaceChildren(...about(shown, act));
  }
}
