import { randomHex } from "./random.js";
import { consentDue } from "./store.js";

/**
 * What a visitor can do. A view calls these and nothing else.
 *
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./store.js").State} State
 * @typedef {(frame: import("./transport/index.js").Frame) => Promise<boolean>} Send whether the frame went out
 * @typedef {object} Parts
 * @property {Store} store
 * @property {import("./transport/index.js").Transport} transport
 * @property {import("./saved_entries.js").SavedEntries} storage
 * @property {ReturnType<typeof import("./session.js").createSession>} session
 */

/** @param {Parts} parts */
export function createActions(parts) {
  const { store, transport, storage } = parts;
  const send = createSender(parts);
  return {
    open: () => store.dispatch({ type: "panel.opened" }),
    close: () => store.dispatch({ type: "panel.closed" }),
    token: parts.session.token,
    dismissProblem: () => store.dispatch({ type: "problem.dismissed" }),
    /** Kept for the next page. @param {string} draft */
    keepDraft: (draft) => storage.write({ draft: draft || undefined }),
    /** To end, rate or mail the conversation. @param {import("./ending/index.js").Wish} wish @param {Element} near
     * @param {import("./views/index.js").Page} page */
    ask: async (wish, near, page) => (await import("./ending/index.js")).show({ ...parts, send }, wish, near, page),
    /** @param {Element} near @param {import("./views/index.js").Page} page */
    showOwnData: async (near, page) => (await import("./own_data/index.js")).show({ ...parts, send }, near, page),
    /** @param {Element} near @param {import("./views/index.js").Page} page */
    search: async (near, page) => (await import("./search/index.js")).openSearch(parts, near, page),
    /** @param {import("./transcript/index.js").Language} language */
    saveTranscript: async (language) => (await import("./transcript/index.js")).saveTranscript(store.get(), language),
    /** A voice call, in `footer` in the place of the text box. @param {HTMLElement} footer @param {() => void} focus the text box
     * @param {import("./views/index.js").Page} page */
    talk: (footer, focus, page) =>
      import("./voice/index.js")
        .then(({ openCall }) => openCall(parts, footer, focus, page))
        .catch(() => store.dispatch({ type: "error", code: "offline", text: "" })),
    ...createMessageActions(parts),
    ...createAnswerActions(store, transport, send),
    /** @param {string} text that was shown */
    agree: (text) => send({ type: "consent.give", text }),
    askForPerson: () => send({ type: "human.request" }),
    startAnew: () => startAnew(parts, send),
  };
}

/** @param {Parts} parts */
function createMessageActions({ store, transport, storage }) {
  let typedAt = 0;
  /** @type {{ url?: string, title?: string }} */
  let context = {};
  const actions = {
    /** Shown at once, kept until the server has it. @param {string} text @param {import("./store.js").SentFile[]} [files] */
    send(text, files) {
      text = text.trim();
      const isEmpty = isBlank(text) && !files?.length;
      if (isEmpty || consentDue(store.get()) || store.get().conversation?.state === "closed") return;
      actions.resend({
        id: randomHex(16),
        text,
        files,
        page: {
          url: String(context.url ?? location.href.split("#")[0]).slice(0, 2000),
          title: String(context.title ?? document.title).slice(0, 300),
        },
      });
    },
    /** The same message under the same id: the server saves it once. @param {import("./saved_entries.js").Unsent} unsent */
    resend({ id, text, page, files }) {
      const message = { id, text, page, ...(files?.length && { files }) };
      storage.keep(message);
      store.dispatch({ type: "message.written", message });
      transport.open();
      if (navigator.onLine === false) store.dispatch({ type: "network.lost" });
      else if (!transport.can("message.send")) transport.wake(); // then the outbox sends it
    },
    /** @param {string} id of a message that could not be sent */
    discard(id) {
      storage.drop(id);
      store.dispatch({ type: "message.dropped", id });
    },
    /** What the page says of itself. @param {{ url?: string, title?: string }} said */
    setContext(said) {
      context = said;
    },
    /** At most one frame in three seconds; the first key connects, so that the first message need not wait. */
    typing() {
      transport.open();
      if (Date.now() - typedAt < 3_000 || !transport.can("typing")) return;
      typedAt = Date.now();
      transport.send({ type: "typing" });
    },
  };
  return actions;
}

/** Whether there is nothing to read: a zero-width space that came along with a paste is no message. @param {string} text */
export const isBlank = (text) => /^[\s\p{Cc}\p{Cf}]*$/u.test(text);

/** @param {Store} store @param {Parts["transport"]} transport @param {Send} send */
const createAnswerActions = (store, transport, send) => ({
  /** @param {string} turn */
  stop: (turn) => send({ type: "turn.stop", turn }),
  /** @param {string} turn */
  async retry(turn) {
    if (await send({ type: "turn.retry", turn })) store.dispatch({ type: "retry.asked", turn });
  },
  /** The outbox sends it. @param {string} card @param {string} choice @param {Record<string, string>} [fields] */
  answer(card, choice, fields) {
    if (card in store.get().answering) return; // a second click
    store.dispatch({ type: "card.answering", card, answer: { choice, ...(fields && { fields }) } });
    transport.open();
  },
  /** What else there is to choose from. @param {string} card @param {import("./booking/index.js").Asked} asked */
  browse: (card, asked) => void send({ type: "slots.browse", card, ...asked }),
  /** @param {string} message @param {number} value 1, -1 or 0 for neither */
  rate(message, value) {
    store.dispatch({ type: "rating.given", message, value });
    void send({ type: "message.rate", message, value });
  },
});

/** A click during a short outage goes out when it is over. @param {Parts} parts @returns {Send} */
const createSender =
  ({ store, transport }) =>
  async (frame) => {
    if (transport.send(frame)) return true;
    transport.open();
    const sent = (await until(store, ({ connection }) => connection === "online")) && transport.send(frame);
    if (!sent) store.dispatch({ type: "error", code: "offline", text: "", of: frame.type });
    return sent;
  };

/** @param {Parts} parts @param {Send} send */
async function startAnew({ store, transport, storage, session }, send) {
  const isClosed = (/** @type {State} */ { conversation }) => conversation?.state === "closed";
  if (!isClosed(store.get())) {
    // Its end must be saved before a session is asked for, or that would be the same conversation again.
    if (!(await send({ type: "conversation.new" })) || !(await until(store, isClosed))) return;
  }
  try {
    await session.next();
  } catch {
    return store.dispatch({ type: "error", code: "offline", text: "" });
  }
  storage.dropAll();
  storage.write({ seen: undefined });
  store.dispatch({ type: "conversation.left" });
  transport.restart();
}

/** Whether `condition` becomes true within eight seconds.
 * @param {Store} store @param {(state: State) => boolean} condition @returns {Promise<boolean>} */
function until(store, condition) {
  if (condition(store.get())) return Promise.resolve(true);
  return new Promise((resolve) => {
    const timer = setTimeout(() => (stop(), resolve(false)), 8_000);
    const stop = store.subscribe((state) => {
      if (condition(state)) (clearTimeout(timer), stop(), resolve(true));
    });
  });
}

/** @typedef {ReturnType<typeof createActions>} Actions */
