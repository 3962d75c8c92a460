// The open conversation: what was said, who is looking at it, and what can be done with it; beside it, the visitor.

import { released } from "../press.js";
import { redraw } from "../redraw.js";
import { about } from "./about.js";
import { Composer } from "./composer.js";
import { button, h } from "./dom.js";
import { backButton, headOf } from "./head.js";
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
  #wanted = ""; // the conversation that is open, or being opened
  #shown = null; // what is on the screen: until another one has been read, the one before
  #asked = 0;
  #drawn = 0;
  #failures = { read: "", act: "" };
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
      onSend: (mode, text, files, id) =>
        mode === "note" ? this.#act(id, "note", { text }) : this.#reply(id, text, files),
      onTyping: socket.typing,
    });
    document.addEventListener("visibilitychange", () => this.#markRead());
  }

  isOpen(id) {
    return this.#wanted === id;
  }

  async open(id) {
    const focused = document.activeElement;
    this.presence.clear();
    this.#wanted = id;
    this.#failures = { read: "", act: "" };
    this.#socket.watch(id);
    this.#el.inert = this.#side.inert = !this.#isShown(id); // nothing is typed for the one before by mistake
    await this.reload();
    const isFree = [focused, document.body].includes(document.activeElement); // nobody has begun something else meanwhile
    if (this.#isShown(id) && isFree && matchMedia("(pointer: fine)").matches) this.focus("reply");
  }

  #isShown(id) {
    return this.#wanted === id && this.#shown?.id === id;
  }

  async reload() {
    const [id, number] = [this.#wanted, ++this.#asked];
    if (!id) return;
    const found = await conversation(id);
    if (id !== this.#wanted || number < this.#drawn) return; // another one is wanted, or what was read later is shown
    this.#drawn = number;
    this.#failures.read = found.error ?? "";
    if (found.error) return this.#showFailure();
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    const follows = !this.#isShown(id) || scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    this.#draw(found);
    if (follows) released().then(() => (this.#log.scrollTop = this.#log.scrollHeight));
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

  /** What could not be read or done; a conversation that could not be opened leaves nothing else. */
  #showFailure() {
    const text = [this.#failures.act, this.#failures.read].filter(Boolean).join(" ");
    if (this.#problem.textContent !== text) this.#problem.textContent = text;
    this.#problem.hidden = !text;
    if (this.#isShown(this.#wanted) || !this.#failures.read) return;
    this.#shown = null;
    this.#head.replaceChildren(backButton(this.#on.onBack));
    this.#el.replaceChildren(this.#head, this.#problem);
    this.#side.replaceChildren();
    this.#el.inert = this.#side.inert = false;
  }

  /** Changes the conversation `id`, whichever is open by then; answers whether that was done. */
  async #act(id, name, fields) {
    this.#failures.act = "";
    const answer = await change(id, name, fields);
    this.#failures.act = answer.error ?? "";
    return this.#changed(answer);
  }

  async #reply(id, text, files) {
    const { seq, title } = this.#shown;
    this.#failures.act = "";
    const attached = files.map((file) => ["file", file]);
    const answer = await change(id, "reply", [["text", text], ["seq", seq], ...attached]);
    if (answer.error && !this.isOpen(id)) {
      this.#failures.act = `Your reply to ${title} was not sent. It is kept there as a draft.`;
    } else if (answer.crossed) return this.#warnOfCrossing(id, answer.crossed);
    else if (answer.error) this.#composer.warn(answer.error);
    return this.#changed(answer);
  }

  async #changed(answer) {
    await this.reload();
    this.#showFailure();
    this.#on.onChanged();
    return !answer.error;
  }

  async #warnOfCrossing(id, { by, text }) {
    await this.reload(); // from here on, the answer counts as written against what the other one said
    if (!this.#isShown(id)) return false;
    this.#composer.warn(
      h("b", {}, `${by || "Somebody else"} answered while you were writing:`),
      h("q", { dir: "auto" }, text),
      button("Send mine too", () => this.#composer.send()),
    );
    return false;
  }

  #draw(found) {
    const { id } = found;
    if (!this.#isShown(id)) for (const part of [this.#head, this.#log, this.#side]) part.replaceChildren();
    this.#shown = found;
    this.#el.inert = this.#side.inert = false;
    const [composer, seen] = [this.#composer, seenByVisitor(found)];
    const act = (name, fields) => this.#act(id, name, fields);
    const parts = [this.#head, this.#problem, this.#log, this.#others, composer.el];
    if (!composer.el.isConnected) this.#el.replaceChildren(...parts); // put there again, it would lose the keyboard
    if (found.may_act) composer.open(id, found.names);
    composer.el.hidden = found.state === "closed" || !found.may_act;
    redraw(this.#head, ...headOf(found, { act, onBack: this.#on.onBack, onAbout: this.#on.onAbout }));
    this.presence.draw();
    redraw(
      this.#log,
      ...found.items.map((one) => item(one, found.names, one.seq === seen)),
      ...(found.writing ? [h("p", { className: "iw-hint", "data-key": "writing" }, "Writing…")] : []),
    );
    redraw(this.#side, ...about(found, act));
    this.#showFailure();
  }
}
