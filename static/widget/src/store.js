/**
 * The state of the widget, and the one function that changes it: `reduce(state, event)`. It is pure, and handles events of
 * the wire (docs/protocol.md) and of the page alike. An unknown event changes nothing.
 */

/**
 * @typedef {object} Config presentational settings: `GET config/<key>`
 * @property {string} key @property {string} version @property {string} name @property {string} title
 * @property {string} [organization]
 * @property {string} greeting @property {string} disclosure @property {string[]} starters
 * @property {Record<string, { greeting?: string, disclosure?: string, starters?: string[] }>} [texts] by language, what differs
 * @property {string} [avatar] the path of its picture on the server
 * @property {string} accent @property {"left" | "right"} position @property {string} locale
 * @property {boolean} [consent] whether visitors agree to something before their first message
 * @property {string} [launcher_label] @property {string} [teaser] @property {string} [page_messages] a path and a text per line
 * @property {import("./outside/settings.js").Outside} [outside] what staff have set of the launcher and the page
 * @property {{ opens_at?: string, closes_at?: string }} [office] when the team answers again, or until when it does
 * @property {boolean} demo @property {boolean} [human] @property {boolean} voice @property {string} [voice_reason] @property {number} max_chars
 * @property {boolean} [own_data] whether visitors may download and erase what is stored about them
 * @property {{ max_bytes: number, per_message: number }} [files] where visitors may send files
 *
 * @typedef {{ title: string, url: string }} Source
 * @typedef {{ id: string, name: string, type: string, size: number }} SentFile
 * @typedef {object} Message
 * @property {string} id @property {string} [client_id] @property {"visitor" | "assistant" | "staff" | "system"} role
 * @property {string} text @property {string} at @property {"complete" | "incomplete" | "stopped"} state
 * @property {string} [turn] @property {number} [rating] @property {Source[]} [sources] @property {SentFile[]} [files]
 * @property {boolean} [spoken] in a voice call
 *
 * @typedef {{ id: string, label: string, note?: string, start_at: string }} Slot
 * @typedef {{ date?: string, label: string, slots: Slot[] }} Day
 * @typedef {{ id: string, name: string, minutes: number[], price?: string, description?: string }} Service
 * @typedef {object} View what a slots card shows of a service; `free` are the days of `month` that have something free
 * @property {string} title @property {string} [timezone] @property {string} [service] @property {string} [calendar]
 * @property {{ id: string, name: string }[]} [calendars] @property {string} [first_day] @property {string} [last_day]
 * @property {Day[]} [days] @property {string} [problem] @property {string} [month] @property {string[]} [free]
 * @typedef {object} Field
 * @property {string} name @property {string} label @property {string} type @property {string} [value]
 * @property {boolean} [optional] @property {string} [help] @property {string[]} [options] @property {string} [problem]
 * @typedef {[label: string, value: string, url?: string]} Line
 * @typedef {object} Card every kind's fields, as docs/protocol.md gives them
 * @property {string} id @property {"slots" | "confirm" | "receipt" | "contact" | "verify"} kind
 * @property {"open" | "answered" | "expired" | "closed"} state @property {string} at @property {string} [choice]
 * @property {string} title @property {string} [text] @property {string} [timezone] @property {string} [expires_at]
 * @property {Day[]} [days] @property {Field[]} [fields] @property {Line[]} [lines]
 * @property {Service[]} [services] @property {string} [service] @property {string} [calendar] @property {string} [picked]
 * @property {{ id: string, name: string }[]} [calendars] @property {string} [first_day] @property {string} [last_day]
 * @property {string} [confirm_label] @property {string} [cancel_label] @property {string} [again_label]
 * @property {string} [problem]
 * @property {string} [reference] @property {string} [note]
 * @property {"done" | "sending" | "failed" | "cancelled" | "replaced"} [status]
 * @property {string} [ics_url] @property {string} [manage_url] @property {[string, string][]} [calendar_links]
 *
 * @typedef {{ turn: string, code: string, text: string, retryable: boolean, outcome: "stopped" | "failed" }} Notice
 * @typedef {{ kind: "message", id: string, seq: number, message: Message }
 *   | { kind: "card", id: string, seq: number, card: Card }
 *   | { kind: "notice", id: string, seq: number, notice: Notice }} Item one line of the conversation, in the order of `seq`
 *
 * @typedef {import("./saved_entries.js").Unsent & { failed?: string }} Pending `failed` is the sentence that says why
 * @typedef {{ choice: string, fields?: Record<string, string> }} Answer
 * @typedef {object} Turn the reply in the making
 * @property {string} id @property {number} fence of the server that writes it; events of an earlier fence are ignored
 * @property {string} text @property {number} length of `text` in code points
 * @property {{ call: string, label: string }[]} tools at work @property {boolean} replied its message is there already
 *
 * @typedef {object} State
 * @property {Config} config
 * @property {boolean} open
 * @property {"idle" | "connecting" | "online" | "offline" | "refused"} connection
 * @property {{ id: string, state: "assistant" | "waiting" | "staff" | "closed", staff?: string, notified?: boolean, opens_at?: string, consent?: string, rating?: number, email?: string, read?: number } | null} conversation
 *   `read`: a member of staff has had it open up to that seq
 * @property {number} seq the last durable event applied
 * @property {boolean} gap something was missed: ask again from `seq`
 * @property {Item[]} items
 * @property {Pending[]} pending
 * @property {Turn | null} turn
 * @property {string[]} ended the last turns that ended; late events of theirs are ignored
 * @property {Record<string, Answer>} answering card → the answer on its way
 * @property {Record<string, View>} browsed slots card → what its visitor has looked at since
 * @property {{ code: string, text: string } | null} problem the last refusal that is not shown on a line of its own
 * @property {boolean} staffTyping
 * @property {string} draft what was being written when the page was left
 * @property {number} seen the last `seq` that the visitor has seen
 *
 * @typedef {{ type: string, [field: string]: any }} WireEvent
 */

const ENDED_KEPT = 20;

const EMPTY = {
  conversation: null,
  seq: 0,
  gap: false,
  items: /** @type {Item[]} */ ([]),
  turn: null,
  ended: /** @type {string[]} */ ([]),
  answering: /** @type {Record<string, Answer>} */ ({}),
  browsed: /** @type {Record<string, View>} */ ({}),
  problem: null,
  staffTyping: false,
};

/** @param {Config} config @param {Partial<State>} [kept] of an earlier page @returns {State} */
export const initial = (config, kept) => ({
  config,
  open: false,
  connection: "idle",
  draft: "",
  seen: 0,
  pending: [],
  ...EMPTY,
  ...kept,
});

/** @typedef {(state: State, event: any) => State} Handler */

/** One handler per event type of docs/protocol.md. @type {Record<string, Handler>} */
export const EVENTS = {
  "session.ready"(state, { conversation, events, seq, more, turn }) {
    // A different conversation from the one shown: its events start at 1, whatever `after` was sent.
    const other = state.conversation !== null && state.conversation.id !== conversation.id;
    let next = { ...(other ? { ...state, ...EMPTY, seen: 0 } : state), conversation, gap: false };
    if (other && state.seq > 0 && events[0]?.seq !== 1 && seq > 0 && !more) return { ...next, gap: true };
    if (more && events.length) next.seq = Math.max(next.seq, events[0].seq - 1);
    for (const event of events) next = reduce(next, event);
    next.conversation = conversation;
    next.turn = turn ? snapshot(turn) : null;
    return settle({ ...next, seq: Math.max(next.seq, seq), gap: false, answering: stillDue(next) });
  },
  "message.added"(state, { seq, message }) {
    const answered = message.role !== "visitor" && isRetryable(state.items.at(-1));
    const items = answered ? state.items.slice(0, -1) : state.items;
    return {
      ...state,
      items: [...items, { kind: "message", id: message.id, seq, message }],
      turn:
        state.turn && state.turn.id === message.turn
          ? { ...state.turn, text: "", length: 0, replied: true }
          : state.turn,
      staffTyping: state.staffTyping && message.role !== "staff",
    };
  },
  "message.rated": (state, { message, value }) => rate(state, message, value),
  "turn.started": (state, event) => ({ ...state, turn: turnOf(state, event) }),
  "reply.delta"(state, event) {
    const { offset, text } = event;
    const turn = turnOf(state, event);
    if (offset > turn.length) return { ...state, gap: true };
    const kept = offset === turn.length ? turn.text : [...turn.text].slice(0, offset).join("");
    return { ...state, turn: { ...turn, text: kept + text, length: offset + [...text].length } };
  },
  "tool.started"(state, event) {
    const { call, label } = event;
    const turn = turnOf(state, event);
    return { ...state, turn: { ...turn, tools: [...turn.tools, { call, label }] } };
  },
  "tool.finished"(state, event) {
    const { call, label } = event;
    const turn = turnOf(state, event);
    // A call known from `session.ready` has its label alone.
    const at = turn.tools.findIndex((tool) => tool.call === call || (!tool.call && tool.label === label));
    return { ...state, turn: { ...turn, tools: turn.tools.filter((_, index) => index !== at) } };
  },
  "turn.ended"(state, { seq, turn, outcome, code = "", text = "", retryable = false }) {
    const shown = outcome === "failed" || (outcome === "stopped" && !state.items.some((item) => isReplyOf(item, turn)));
    /** @type {Item} */
    const notice = { kind: "notice", id: turn, seq, notice: { turn, code, text, retryable, outcome } };
    return {
      ...state,
      items: shown ? [...state.items, notice] : state.items,
      turn: state.turn?.id === turn ? null : state.turn,
      ended: [...state.ended, turn].slice(-ENDED_KEPT),
    };
  },
  "card.added"(state, { seq, card }) {
    const items = isRetryable(state.items.at(-1)) ? state.items.slice(0, -1) : state.items;
    return { ...state, items: [...items, { kind: "card", id: card.id, seq, card }] };
  },
  "card.updated"(state, { seq, card }) {
    const { [card.id]: _, ...answering } = state.answering;
    const { [card.id]: __, ...browsed } = state.browsed;
    const problem = withoutUnavailable(state);
    if (!state.items.some((item) => item.id === card.id))
      return { ...EVENTS["card.added"](state, { seq, card }), answering, problem };
    const items = state.items.map((item) => (item.kind === "card" && item.id === card.id ? { ...item, card } : item));
    return { ...state, items, answering, browsed, problem };
  },
  "slots.shown"(state, { card, view }) {
    // A month says which days are free; the times that are shown stay.
    const { days: _, ...month } = view;
    const shown = view.month ? { ...state.browsed[card], ...month } : view;
    return { ...state, browsed: { ...state.browsed, [card]: shown }, problem: null };
  },
  "conversation.updated": (state, { state: to, staff, notified, opens_at }) => ({
    ...state,
    conversation: { ...state.conversation, id: state.conversation?.id ?? "", state: to, staff, notified, opens_at },
    staffTyping: false,
  }),
  "conversation.read": (state, { upto }) => ({
    ...state,
    conversation: state.conversation && { ...state.conversation, read: Math.max(state.conversation.read ?? 0, upto) },
  }),
  "consent.saved": (state) => ({
    ...state,
    conversation: state.conversation && { ...state.conversation, consent: undefined },
  }),
  "staff.typing": (state) => ({ ...state, staffTyping: true }),
  pong: (state, { seq }) => (seq > state.seq ? { ...state, gap: true } : state),
  error(state, { code, text, of }) {
    const refused = code !== "unavailable" && state.pending.some(({ id }) => id === of);
    const failed = (/** @type {Pending} */ message) => (message.id === of ? { ...message, failed: text } : message);
    // The outbox resends what could not be saved just now.
    const pending = refused ? state.pending.map(failed) : state.pending;
    const answering = code === "unavailable" ? state.answering : {};
    return { ...state, pending, answering, problem: refused ? state.problem : { code, text } };
  },
};

/** Events of the page itself. @type {Record<string, Handler>} */
const PAGE = {
  "panel.opened": (state) => ({ ...state, open: true }),
  "panel.closed": (state) => (state.open ? { ...state, open: false } : state),
  "connection.changed"(state, { connection }) {
    // The banner stays until the connection is back: an attempt is not that yet.
    return connection === "connecting" && state.connection === "offline" ? state : { ...state, connection };
  },
  "network.lost": (state) =>
    ["idle", "refused"].includes(state.connection) ? state : { ...state, connection: "offline" },
  "message.written": (state, { message }) => ({
    ...state,
    pending: [...state.pending.filter(({ id }) => id !== message.id), message],
    problem: null,
  }),
  "message.dropped": (state, { id }) => ({ ...state, pending: state.pending.filter((message) => message.id !== id) }),
  "card.answering": (state, { card, answer }) => ({
    ...state,
    answering: { ...state.answering, [card]: answer },
    problem: null,
  }),
  /** Older events, which the widget had been left without. */
  "history.loaded"(state, { conversation, events }) {
    if (state.conversation?.id !== conversation) return state; // another one has begun meanwhile
    /** @type {State} */
    let past = { ...state, ...EMPTY };
    for (const event of events) past = reduce({ ...past, seq: event.seq - 1 }, event);
    const known = new Set(state.items.map(({ id }) => id));
    return { ...state, items: [...past.items.filter(({ id }) => !known.has(id)), ...state.items] };
  },
  "rating.given": (state, { message, value }) => rate(state, message, value),
  "retry.asked": (state, { turn }) => ({ ...state, items: state.items.filter(({ id }) => id !== turn) }),
  "staff.quiet": (state) => ({ ...state, staffTyping: false }),
  "problem.dismissed": (state) => ({ ...state, problem: null }),
  "conversation.left": (state) => ({ ...state, ...EMPTY, pending: [], seen: 0 }),
};

/** @param {State} state @param {WireEvent} event @returns {State} */
export function reduce(state, event) {
  const handler = Object.hasOwn(EVENTS, event.type) ? EVENTS[event.type] : undefined;
  if (!handler) return Object.hasOwn(PAGE, event.type) ? markSeen(PAGE[event.type](state, event)) : state;
  if (event.type === "session.ready" || event.type === "pong" || event.type === "error")
    return markSeen(handler(state, event));
  if (event.seq === undefined) {
    return isLate(state, event) ? state : handler(state, event);
  }
  if (event.type === "message.added") state = acknowledge(state, event.message);
  if (event.seq <= state.seq) return state;
  if (event.seq > state.seq + 1) return { ...state, gap: true };
  return markSeen({ ...handler(state, event), seq: event.seq });
}

/** @param {State} state */
const markSeen = (state) => (state.open && state.seen < state.seq ? { ...state, seen: state.seq } : state);

/** @param {State} state @param {Message} message */
function acknowledge(state, message) {
  const pending = state.pending.filter(({ id }) => id !== message.client_id);
  if (pending.length === state.pending.length) return state;
  return { ...state, pending, problem: withoutUnavailable(state) };
}

/** What could not be saved just now has been. @param {State} state */
const withoutUnavailable = ({ problem }) => (problem?.code === "unavailable" ? null : problem);

/** Answers that the server has not: their cards are open, after all that happened while the connection was away.
 * @param {State} state */
const stillDue = ({ items, answering }) =>
  Object.fromEntries(
    items.flatMap((item) =>
      item.kind === "card" && item.card.state === "open" && item.id in answering ? [[item.id, answering[item.id]]] : [],
    ),
  );

/** A turn that `session.ready` shows as running may have had its reply among the same events.
 * @param {State} state @returns {State} */
function settle(state) {
  const { turn } = state;
  if (!turn || !state.items.some((item) => isReplyOf(item, turn.id))) return state;
  return { ...state, turn: { ...turn, text: "", length: 0, replied: true } };
}

/** @param {State} state @param {string} id @param {number} value @returns {State} */
function rate(state, id, value) {
  const items = state.items.map((item) =>
    item.kind === "message" && item.id === id ? { ...item, message: { ...item.message, rating: value } } : item,
  );
  return { ...state, items };
}

/** Whether an event belongs to a turn that has ended, or comes from a server that no longer has the turn.
 * @param {State} state @param {WireEvent} event */
const isLate = ({ turn, ended }, { turn: id, fence = 0 }) =>
  id !== undefined && (ended.includes(id) || (turn !== null && turn.id === id && fence < turn.fence));

/** @param {string} id @param {number} fence @returns {Turn} */
const beginning = (id, fence) => ({ id, fence, text: "", length: 0, tools: [], replied: false });

/** The running turn; one whose `turn.started` was missed begins here, and so does one that another server has taken over.
 * @param {State} state @param {{ turn: string, fence?: number }} event @returns {Turn} */
const turnOf = ({ turn }, { turn: id, fence = 0 }) =>
  turn !== null && turn.id === id && turn.fence === fence ? turn : beginning(id, fence);

/** @param {{ id: string, fence?: number, text: string, offset: number, tools?: string[] }} turn @returns {Turn} */
const snapshot = ({ id, fence = 0, text, offset, tools = [] }) => ({
  ...beginning(id, fence),
  text,
  length: offset,
  tools: tools.map((label) => ({ call: "", label })),
});

/** @param {Item | undefined} item */
const isRetryable = (item) => item?.kind === "notice" && item.notice.retryable;

/** @param {Item} item @param {string} turn */
const isReplyOf = (item, turn) =>
  item.kind === "message" && item.message.role !== "visitor" && item.message.turn === turn;

/** What the visitor has to agree to before they write; true until the server has said.
 * @param {State} state */
export const consentDue = ({ config, conversation }) => (conversation ? conversation.consent : config.consent);

/** How many messages and cards came in while the panel was closed. @param {State} state */
export const unread = ({ items, seen, open }) =>
  open
    ? 0
    : items.filter((item) => item.seq > seen && !(item.kind === "message" && item.message.role === "visitor")).length;

/** Whether an answer is due. @param {State} state */
export const isWaiting = ({ turn, conversation, pending }) =>
  turn !== null || pending.some(({ failed }) => !failed) || ["waiting", "staff"].includes(conversation?.state ?? "");

/** The label of the tool at work for the visitor. @param {State} state */
export const toolOf = ({ turn }) => turn?.tools.at(-1)?.label;

/** @param {State} state */
export function createStore(state) {
  /** @type {Set<(state: State, before: State) => void>} */
  const listeners = new Set();
  return {
    get: () => state,
    /** @param {WireEvent} event */
    dispatch(event) {
      const before = state;
      state = reduce(state, event);
      if (state !== before) for (const listener of listeners) listener(state, before);
    },
    /** @param {(state: State, before: State) => void} listener @returns {() => void} */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** @typedef {ReturnType<typeof createStore>} Store */
