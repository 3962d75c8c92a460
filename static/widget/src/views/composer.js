import { isBlank } from "../actions.js";
import { h, icon, iconButton } from "../dom.js";
import { MIC, PENCIL, SEND, STOP } from "../icons.js";
import { count } from "../locales/index.js";
import { consentDue } from "../store.js";
import { createAttachments } from "./attachments.js";

const TALLEST_PX = 140;

/** The text box with its buttons, or the end of the conversation.
 * @param {import("./index.js").Actions} actions @param {import("./index.js").Page} page */
export function createComposer(actions, page) {
  const writing = createForm(actions, page);
  const ended = createEnded(actions, page);
  const consent = createConsent(actions, page);
  const el = h("div", { class: "footer" }, consent.el, writing.el, ended.el);
  let restored = false;
  let wasClosed = false;
  return {
    el,
    /** @param {import("./index.js").State} state */
    update(state) {
      const isClosed = state.conversation?.state === "closed";
      const due = consentDue(state);
      consent.update(due);
      writing.el.hidden = isClosed || state.connection === "refused" || Boolean(due);
      ended.el.hidden = !isClosed;
      if (isClosed && !wasClosed) void actions.ask("rate", el, page).catch(() => {}); // a chat without a question
      wasClosed = isClosed;
      if (!restored) writing.box.value = state.draft;
      restored = true;
      writing.update(state);
    },
    focus: () => (consent.el.hidden ? (writing.el.hidden ? ended.button : writing.box) : consent.button).focus(),
    fit: writing.fit,
  };
}

/** @param {import("./index.js").Actions} actions @param {import("./index.js").Page} page */
function createEnded(actions, { t }) {
  const content = [icon(PENCIL), t.newConversation];
  const button = h("button", { type: "button", class: "button", onclick: actions.startAnew }, content);
  return { button, el: h("div", { class: "ended", hidden: true }, h("p", null, t.ended), button) };
}

/** What the visitor agrees to before they write.
 * @param {import("./index.js").Actions} actions @param {import("./index.js").Page} page */
function createConsent(actions, { t }) {
  const text = h("p", { id: "consent", dir: "auto" });
  const agree = () => void actions.agree(text.textContent ?? "");
  const button = h(
    "button",
    { type: "button", class: "button", "aria-describedby": "consent", onclick: agree },
    t.agree,
  );
  const el = h("div", { class: "consent", hidden: true }, text, button);
  return {
    button,
    el,
    /** @param {string | boolean | undefined} due */
    update(due) {
      el.hidden = typeof due !== "string";
      if (typeof due === "string" && text.textContent !== due) text.textContent = due;
    },
  };
}

/** @param {import("./index.js").Actions} actions @param {import("./index.js").Page} page */
function createForm(actions, page) {
  const { t, locale } = page;
  /** @type {import("./index.js").State} */
  let state;
  const box = createBox(t.placeholder, submit, () => (actions.typing(), actions.keepDraft(box.value), fit()));
  const length = h("p", { class: "length", id: "length", role: "status" });
  const talk = iconButton(MIC, t.talk, {
    class: "icon round",
    onclick: () => actions.talk(/** @type {HTMLElement} */ (el.parentNode), () => box.focus(), page),
  });
  const stop = iconButton(STOP, t.stop, {
    class: "icon round stop",
    onclick: () => (state.turn && actions.stop(state.turn.id), box.focus()),
  });
  const send = iconButton(SEND, t.send, { class: "icon round send", type: "submit" });
  const field = h("div", { class: "field" }, box, talk, stop, send);
  const el = h("form", { onsubmit: submit, novalidate: true }, field, length);

  const files = createAttachments({ el, field, box, draw }, actions, page);

  const fit = () => (fitToText(box), draw());

  function draw() {
    const text = box.value.trim();
    const excess = [...text].length - state.config.max_chars;
    const running = state.turn !== null;
    length.textContent = excess > 0 ? count(t.tooLong, excess, locale) : "";
    const isEmpty = isBlank(text) && !files.has();
    send.setAttribute("aria-disabled", String(isEmpty || files.isBusy() || excess > 0));
    stop.hidden = !running;
    talk.hidden = !state.config.voice || state.conversation?.state === "staff" || !isEmpty;
    send.hidden = running && isEmpty;
    box.dir = box.value ? "auto" : ""; // an empty box reads as the panel does, and so does its placeholder
  }

  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    if (send.getAttribute("aria-disabled") === "true") return;
    actions.send(box.value, files.take());
    actions.keepDraft("");
    box.value = "";
    fit();
    box.focus();
  }

  return {
    el,
    box,
    fit,
    /** @param {typeof state} next */
    update(next) {
      files.update(next);
      if (state?.conversation && !next.conversation) files.clear();
      state = next;
      draw();
    },
  };
}

/** @param {string} placeholder @param {(event: Event) => void} submit @param {() => void} onInput */
const createBox = (placeholder, submit, onInput) =>
  h("textarea", {
    rows: "1",
    placeholder,
    "aria-label": placeholder,
    "aria-describedby": "length",
    autocomplete: "off",
    enterkeyhint: "send",
    oninput: onInput,
    onkeydown: (/** @type {KeyboardEvent} */ event) => sendsMessage(event) && submit(event),
  });

/** @param {HTMLTextAreaElement} box as high as its text, up to a limit */
function fitToText(box) {
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
  box.classList.toggle("tall", box.scrollHeight > TALLEST_PX);
}

/** While a word is being composed (Japanese, Chinese, Korean), Enter chooses it; Safari reports that only as key code 229.
 * @param {KeyboardEvent} event */
const sendsMessage = ({ key, shiftKey, isComposing, keyCode }) =>
  key === "Enter" && !shiftKey && !isComposing && keyCode !== 229;
