/** Every state of the panel, by name: what the server has said until then, and what the visitor has pressed since. The gallery
 * shows them, and a test looks at each. */
import { initial, reduce } from "../store.js";
import { cardOf, CARDS } from "./cards.js";

/** @typedef {import("../store.js").State} State */

/** @type {import("../store.js").Config} */
export const CONFIG = {
  key: "pk_gallery",
  version: "",
  name: "Mia",
  title: "Bright Smile Dental",
  organization: "Bright Smile",
  greeting: "Hi! How can I help you?",
  disclosure: "You are chatting with an AI assistant. It can make mistakes.",
  starters: ["When are you open?", "Can I come in on Tuesday?"],
  accent: "#0f766e",
  position: "right",
  locale: "en",
  demo: false,
  voice: false,
  max_chars: 200,
};

const at = "2030-01-08T09:30:00Z";
const PROSE = `A first visit takes **45 minutes**. Please bring:

- your insurance card
- a list of medicines, if you take any

More on [our site](https://www.example.com/first-visit), or call \`020 7946 0000\`.`;
const TABLE = `| Service | Minutes | Price |
|---|---:|---:|
| Check-up | 30 | 45 € |
| Cleaning | 45 | 80 € |`;

/** @param {string} role @param {string} text @param {object} [more] */
const said = (role, text, more) => ({
  type: "message.added",
  message: { id: text, role, text, at, state: "complete", ...more },
});
const asked = said("visitor", "Can I come in on Tuesday?");
const answered = said("assistant", "Yes. Which time suits you?");
const askedAgain = said("visitor", "At ten, please.");
const fileOf = (
  /** @type {string} */ id,
  /** @type {string} */ name,
  /** @type {string} */ type,
  /** @type {number} */ size,
) => ({
  id,
  name,
  type,
  size,
});
const turn = (/** @type {object} */ event) => ({ turn: "t", fence: 1, ...event });
const becomes = (/** @type {string} */ state, /** @type {object} */ more) => ({
  type: "conversation.updated",
  state,
  ...more,
});
const written = (/** @type {object} */ more) => ({ id: "m", text: "Can I bring my dog?", page: {}, ...more });
const ended = (/** @type {object} */ more) =>
  turn({ type: "turn.ended", outcome: "failed", code: "not_available", ...more });
const DURABLE = /^(message\.|card\.|turn\.ended|conversation\.updated)/;

/** The state after these events. @param {any[]} events @param {Partial<State>} [kept] */
function after(events, kept) {
  /** @type {State} */
  let state = { ...initial(CONFIG, { open: true, connection: "online", ...kept }), conversation: open() };
  for (const event of events) {
    const numbered = DURABLE.test(event.type) && event.type !== "message.written";
    state = reduce(state, numbered ? { ...event, seq: state.seq + 1 } : event);
  }
  return state;
}

/** @returns {NonNullable<State["conversation"]>} */
const open = () => ({ id: "c", state: "assistant", email: "ada@example.com" });

/**
 * `press` is the accessible name of what is pressed, `choose` are names and sizes of files that the visitor has chosen, which stay on
 * their way or, with `fails`, do not arrive; `open` is a file of a message that they open, and that is no longer there.
 * @type {Record<string, { state: State, press?: string, choose?: [string, number][], fails?: boolean, open?: string }>}
 */
export const STATES = {
  greeting: { state: initial(CONFIG, { open: true }) },
  demonstration: { state: { ...initial(CONFIG, { open: true }), config: { ...CONFIG, demo: true } } },
  "team away": {
    state: { ...after([asked, answered]), config: { ...CONFIG, office: { opens_at: "2099-01-08T09:00:00Z" } } },
  },
  "with a picture": { state: pictured(after([asked, answered, askedAgain, said("staff", "Ada here.")])) },
  "with a picture, writing": { state: pictured(after([asked, { type: "turn.started", ...turn({ message: "m" }) }])) },
  sending: { state: after([asked, answered, { type: "message.written", message: written({}) }]) },
  "not sent": {
    state: after([asked, answered], {
      pending: [/** @type {any} */ (written({ failed: "That was a little too fast." }))],
    }),
  },
  writing: { state: after([asked, { type: "turn.started", ...turn({ message: "m" }) }]) },
  "reply in the making": {
    state: after([asked, { type: "reply.delta", ...turn({ offset: 0, text: "Yes, on Tuesday we have " }) }]),
  },
  "method at work": {
    state: after([asked, { type: "tool.started", ...turn({ call: "1", label: "Looking for free times" }) }]),
  },
  prose: {
    state: after([
      asked,
      said("assistant", PROSE, { rating: 1, sources: [{ title: "First visits", url: "https://www.example.com" }] }),
    ]),
  },
  table: { state: after([asked, said("assistant", TABLE)]) },
  "cut off": { state: after([asked, said("assistant", "Yes, on Tuesday we", { state: "incomplete" })]) },
  stopped: { state: after([asked, said("assistant", "Yes, on", { state: "stopped" })]) },
  failed: { state: after([asked, ended({ text: "The assistant cannot answer just now.", retryable: true })]) },
  ...Object.fromEntries(
    Object.keys(CARDS).map((name) => [
      `card: ${name}`,
      { state: after([asked, { type: "card.added", card: cardOf(name) }]) },
    ]),
  ),
  "card: answered": {
    state: after([asked, { type: "card.added", card: { ...cardOf("confirm"), state: "answered", choice: "confirm" } }]),
  },
  waiting: { state: after([asked, answered, becomes("waiting", { notified: true })]) },
  "with a person": {
    state: after([
      asked,
      answered,
      becomes("staff", { staff: "Ada" }),
      said("staff", "Ada here."),
      { type: "staff.typing" },
    ]),
  },
  "read by the team": {
    state: after([asked, becomes("staff", { staff: "Ada" }), { type: "conversation.read", upto: 2 }]),
  },
  "files to send": {
    state: { ...after([asked, answered]), config: { ...CONFIG, files: { max_bytes: 1e7, per_message: 5 } } },
  },
  "files on their way": {
    state: withFiles(),
    choose: [
      ["tooth.png", 482_130],
      ["Treatment plan of last year, with all its pages.pdf", 1_048_213],
    ],
  },
  "files refused": {
    state: withFiles(),
    choose: [
      ["scan.pdf", 2_400_000],
      ["tooth.png", 482_130],
      ["another.png", 48_213],
    ],
    fails: true,
  },
  "file removed": {
    state: after([
      said("visitor", "Here is the picture.", { files: [fileOf("1", "tooth.png", "image/png", 482_130)] }),
      answered,
    ]),
    open: "tooth.png",
  },
  "files sent and received": {
    state: after([
      said("visitor", "Here is the picture.", { files: [fileOf("1", "tooth.png", "image/png", 482_130)] }),
      becomes("staff", { staff: "Ada" }),
      said("staff", "Thank you. This is the plan.", {
        files: [fileOf("2", "Treatment plan.pdf", "application/pdf", 48_213)],
      }),
    ]),
  },
  search: { state: after([asked, answered]), press: "search" },
  offline: { state: after([asked, answered], { connection: "offline" }) },
  refused: { state: after([asked, answered], { connection: "refused" }) },
  problem: { state: after([asked, answered, { type: "error", code: "internal", text: "Something went wrong." }]) },
  "too long": { state: after([asked, answered], { draft: "A long story. ".repeat(20) }) },
  menu: { state: after([asked, answered]), press: "menu" },
  "ending it": { state: after([asked, answered]), press: "end" },
  "by e-mail": { state: after([asked, answered]), press: "transcriptMail" },
  "ended, to be rated": { state: after([asked, answered, becomes("closed", {})]) },
  ended: { state: rated() },
};

/** @returns {State} */
function withFiles() {
  return { ...after([asked, answered]), config: { ...CONFIG, files: { max_bytes: 2e6, per_message: 2 } } };
}

/** @param {State} state @returns {State} */
function pictured(state) {
  return { ...state, config: { ...state.config, avatar: "/pictures/mia.png" } };
}

function rated() {
  const state = after([asked, answered, becomes("closed", {})]);
  return { ...state, conversation: { ...open(), state: /** @type {const} */ ("closed"), rating: 4 } };
}
