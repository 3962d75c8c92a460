/** Talking instead of writing. Loaded when a visitor presses the microphone. */
import { voice as english } from "../locales/en.js";
import { createStylesheet } from "../stylesheet.js";
import { Call } from "./call.js";
import { isAllowed } from "./microphone.js";
import { createPlace } from "./place.js";
import { createServer } from "./server.js";
import { createCallView, createExplanation } from "./view.js";
import css from "./voice.css";

const dress = createStylesheet(css);

/** What the model is told of an answer in writing, which a click on a card may have brought. @param {string} text */
const written = (text) => `This was just shown to the visitor in writing. Say it to them in a few words:\n${text}`;

/**
 * @param {Pick<import("../actions.js").Parts, "store" | "transport" | "session">} parts
 * @param {HTMLElement} footer where the text box is @param {() => void} focus the text box
 * @param {import("../views/index.js").Page} page
 */
export async function openCall({ store, transport, session }, footer, focus, { t, voice, host, announce }) {
  const isOpen = () => store.get().open;
  const place = createPlace(footer, { focus, announce, dismiss: t.dismiss, isOpen });
  if (place.isTaken()) return; // a second press
  dress(footer);
  const words = voice ?? english;
  transport.open();
  place.removeNote();

  const connect = async () => createServer(host, await session.token());
  const start = () =>
    void begin({ connect, store, place, words, announce }).catch(
      (error) => (console.warn(`Interworky: ${error}`), place.leave(words.network)),
    );
  if (await isAllowed()) start();
  else place.show(createExplanation(words, start, () => place.leave()));
}

/**
 * @typedef {object} Surroundings
 * @property {() => Promise<import("./server.js").Server>} connect
 * @property {import("../store.js").Store} store @property {import("./place.js").Place} place
 * @property {import("../locales/index.js").Voice} words @property {(text: string) => void} announce
 */

/** Shows the call at once, and makes it. @param {Surroundings} surroundings */
async function begin({ connect, store, place, words, announce }) {
  const view = createCallView(words, {
    mute: () => call.mute(),
    interrupt: () => call.interrupt(),
    end: () => call.end("visitor"),
    choose: (id) => call.choose(id),
  });
  view.update({ phase: "asking", muted: false, caption: "", seconds: 0, soon: false, devices: [] });
  place.show(view);
  announce(words.asking);
  const announceChange = createAnnouncer(words, announce, view.focus);
  const call = new Call({
    server: await connect(),
    showLevel: view.showLevel,
    show(shown) {
      place.keepEnd(() => view.update(shown));
      if (!view.el.isConnected) return call.end("visitor"); // the panel was rebuilt
      announceChange(shown);
    },
    onEnd(reason, detail) {
      if (detail) console.warn(`Interworky: there is no voice call (${reason}). ${detail}`);
      stop();
      place.leave(reason === "visitor" ? "" : words[/** @type {"network"} */ (reason)]);
      if (reason === "visitor") announce(words.ended);
    },
  });
  const stop = watch(store, call);
  await call.start();
}

/** A screen reader would talk over the assistant: it reads what cannot be heard.
 * @param {Surroundings["words"]} words @param {Surroundings["announce"]} announce @param {() => void} focus the call */
function createAnnouncer(words, announce, focus) {
  let phase = "";
  let soon = false;
  return (/** @type {import("./call.js").Shown} */ shown) => {
    if (shown.phase === "connecting" && phase !== "connecting") announce(words.connecting);
    if (shown.phase === "listening" && phase === "connecting") (announce(words.listening), focus());
    if (shown.soon && !soon) announce(words.soon);
    ({ phase, soon } = shown);
  };
}

/** Ends the call with the panel, the page or a person's arrival, and has it say what was answered in writing.
 * @param {import("../store.js").Store} store @param {import("./call.js").Call} call @returns {() => void} stops watching */
function watch(store, call) {
  const unsubscribe = store.subscribe((state, before) => {
    if (!state.open) return call.end("visitor");
    if (state.conversation?.state === "staff") return call.end("staff");
    if (state.conversation?.state === "closed") return call.end("visitor");
    const isAnother = state.conversation?.id !== before.conversation?.id;
    if (isAnother && before.conversation) return call.end("visitor"); // erased, or another tab has started over
    if (before.connection !== "online" || isAnother) return; // a replay
    for (const item of state.items)
      if (item.seq > before.seq && item.kind === "message" && item.message.role === "assistant" && !item.message.spoken)
        call.instruct(written(item.message.text));
  });
  const leave = () => call.leave();
  addEventListener("pagehide", leave);
  return () => {
    unsubscribe();
    removeEventListener("pagehide", leave);
  };
}
