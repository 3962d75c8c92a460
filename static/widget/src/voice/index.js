/** Talking instead of writing. Loaded when a visitor presses the microphone. */
import { voice as english } from "../locales/en.js";
import { createCall } from "./call.js";
import { isAllowed } from "./microphone.js";
import { createServer } from "./server.js";
import { createCallView, createExplanation, createNote } from "./view.js";
import css from "./voice.css";

/** @type {CSSStyleSheet | undefined} */
let sheet;

/** Once per page: its stylesheet. @param {ShadowRoot} root */
function dress(root) {
  if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(css);
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}

/** What the model is told of an answer in writing, which a click on a card may have brought. @param {string} text */
const written = (text) => `This was just shown to the visitor in writing. Say it to them in a few words:\n${text}`;

/**
 * @param {Pick<import("../actions.js").Parts, "store" | "transport" | "session">} parts
 * @param {HTMLElement} footer where the text box is @param {() => void} focus the text box
 * @param {import("../views/index.js").Page} page
 */
export async function openCall({ store, transport, session }, footer, focus, { t, voice, host, announce }) {
  if (footer.querySelector(".talk")) return; // a second press
  dress(/** @type {ShadowRoot} */ (footer.getRootNode()));
  const words = voice ?? english;
  transport.open();
  footer.querySelector(".talk-note")?.remove();

  /** The end of the conversation stays in sight, however high what is below it becomes. @param {() => void} draw */
  function below(draw) {
    const log = footer.parentElement?.querySelector(".log");
    const isAtEnd = log && log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    draw();
    if (isAtEnd) log.scrollTop = log.scrollHeight;
  }

  /** In the place of the text box. @param {{ el: HTMLElement, focus(): void }} view */
  function put(view) {
    below(() => {
      footer.querySelector(".talk")?.remove();
      footer.classList.add("talking");
      footer.append(view.el);
    });
    view.focus();
  }

  /** @param {string} [text] why */
  function leave(text) {
    const view = footer.querySelector(".talk");
    const hadFocus = view?.contains(/** @type {ShadowRoot} */ (footer.getRootNode()).activeElement);
    view?.remove();
    footer.classList.remove("talking");
    if (text) {
      announce(text);
      const note = createNote(text, t.dismiss, () => (note.remove(), focus()));
      footer.prepend(note);
    }
    if (hadFocus && store.get().open) focus();
  }

  const start = () => void begin().catch((error) => (console.warn(`Interworky: ${error}`), leave(words.network)));

  async function begin() {
    let phase = "";
    let soon = false;
    const view = createCallView(words, {
      mute: () => call.mute(),
      interrupt: () => call.interrupt(),
      end: () => call.end("visitor"),
      choose: (id) => call.choose(id),
    });
    view.update({ phase: "asking", muted: false, caption: "", seconds: 0, soon, devices: [] });
    put(view);
    announce(words.asking);
    const call = createCall({
      server: createServer(host, await session.token()),
      showLevel: view.showLevel,
      show(shown) {
        below(() => view.update(shown));
        if (!view.el.isConnected) return call.end("visitor"); // the panel was made anew
        // A screen reader would talk over the assistant: it reads what cannot be heard.
        if (shown.phase === "connecting" && phase !== "connecting") announce(words.connecting);
        if (shown.phase === "listening" && phase === "connecting") (announce(words.listening), view.focus());
        if (shown.soon && !soon) announce(words.soon);
        soon = shown.soon;
        phase = shown.phase;
      },
      onEnd(reason, detail) {
        if (detail) console.warn(`Interworky: there is no voice call (${reason}). ${detail}`);
        stop();
        leave(reason === "visitor" ? "" : words[/** @type {"network"} */ (reason)]);
        if (reason === "visitor") announce(words.ended);
      },
    });
    const stop = watch(store, call);
    await call.start();
  }

  if (await isAllowed()) start();
  else put(createExplanation(words, start, () => leave()));
}

/** Ends the call with the panel, the page or a person's arrival, and has it say what was answered in writing.
 * @param {import("../store.js").Store} store @param {import("./call.js").Call} call @returns {() => void} stops watching */
function watch(store, call) {
  const unsubscribe = store.subscribe((state, before) => {
    if (!state.open) return call.end("visitor");
    if (state.conversation?.state === "staff") return call.end("staff");
    if (state.conversation?.state === "closed") return call.end("visitor");
    const isAnother = state.conversation?.id !== before.conversation?.id;
    if (isAnother && before.conversation) return call.end("visitor"); // erased, or another tab has begun anew
    if (before.connection !== "online" || isAnother) return; // a replay
    for (const item of state.items)
      if (item.seq > before.seq && item.kind === "message" && item.message.role === "assistant" && !item.message.spoken)
        call.tell(written(item.message.text));
  });
  addEventListener("pagehide", call.leave);
  return () => {
    unsubscribe();
    removeEventListener("pagehide", call.leave);
  };
}
