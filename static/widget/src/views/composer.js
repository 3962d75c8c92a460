import { h, icon, iconButton } from "../dom.js";
import { PENCIL, SEND, STOP } from "../icons.js";
import { count } from "../locales/index.js";

/** The text box, with its buttons. @param {import("./index.js").Actions} actions @param {import("./index.js").Page} page */
export function createComposer(actions, { t, locale }) {
  /** @type {import("./index.js").State} */
  let state;
  let restored = false;
  const box = h("textarea", {
    rows: "1",
    placeholder: t.placeholder,
    "aria-label": t.placeholder,
    "aria-describedby": "length",
    autocomplete: "off",
    enterkeyhint: "send",
    oninput: () => (actions.typing(), actions.keepDraft(box.value), fit()),
    onkeydown: press,
  });
  const length = h("p", { class: "length", id: "length", role: "status" });
  const stop = iconButton(STOP, t.stop, { class: "icon round stop", onclick: stopTurn });
  const send = iconButton(SEND, t.send, { class: "icon round send", type: "submit" });
  const form = h("form", { onsubmit: submit, novalidate: true }, h("div", { class: "field" }, box, stop, send), length);
  const anew = h(
    "button",
    { type: "button", class: "button", onclick: actions.startAnew },
    icon(PENCIL),
    t.newConversation,
  );
  const closed = h("div", { class: "ended", hidden: true }, h("p", null, t.ended), anew);
  const el = h("div", { class: "footer" }, form, closed);

  const excess = () => [...box.value.trim()].length - state.config.max_chars;

  function fit() {
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight}px`;
    box.classList.toggle("tall", box.scrollHeight > 140);
    draw();
  }

  function draw() {
    const over = excess();
    const running = state.turn !== null;
    length.textContent = over > 0 ? count(t.tooLong, over, locale) : "";
    send.setAttribute("aria-disabled", String(!box.value.trim() || over > 0));
    stop.hidden = !running;
    send.hidden = running && !box.value.trim();
    box.dir = box.value ? "auto" : ""; // an empty box reads as the panel does, and so does its placeholder
  }

  /** @param {KeyboardEvent} event */
  function press(event) {
    // While a word is being composed (Japanese, Chinese, Korean), Enter chooses it; Safari says so only as 229.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    submit(event);
  }

  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    if (send.getAttribute("aria-disabled") === "true") return;
    actions.send(box.value);
    actions.keepDraft("");
    box.value = "";
    fit();
    box.focus();
  }

  function stopTurn() {
    if (state.turn) actions.stop(state.turn.id);
    box.focus();
  }

  return {
    el,
    /** @param {import("./index.js").State} next */
    update(next) {
      state = next;
      const ended = next.conversation?.state === "closed";
      form.hidden = ended || next.connection === "refused";
      closed.hidden = !ended;
      if (!restored) {
        restored = true;
        box.value = next.draft;
      }
      draw();
    },
    focus: () => (form.hidden ? anew : box).focus(),
    fit,
  };
}
