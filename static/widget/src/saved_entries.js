/**
 * What the widget keeps between pages, entry by entry. An older version, another script of the site or a page whose
 * prototypes were extended may have left anything in our place: what is not of its type was never written.
 *
 * @typedef {{ token: string, expires_at: string }} Session
 * @typedef {{ id: string, text: string, page?: { url: string, title: string }, files?: import("./store.js").SentFile[] }} Unsent
 * @typedef {object} Entries
 * @property {Session} [session]
 * @property {string} [user] who is logged in, by the site's own id
 * @property {boolean} [open] the panel was open
 * @property {boolean} [waiting] an answer is due: the next page looks for it without a click
 * @property {number} [seen] the last `seq` that the visitor has seen
 * @property {string} [draft] being written
 * @property {Partial<import("./store.js").Config>} [config] of the last visit, for the launcher's first look
 */

/** Each message that is written and not yet acknowledged is an entry of its own: two tabs may write at once. */
const UNSENT = "unsent:";

const isText = (/** @type {unknown} */ value) => typeof value === "string";
const isRecord = (/** @type {any} */ value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isUnsent = (/** @type {any} */ value) => isRecord(value) && isText(value.id) && isText(value.text);

/** @type {Record<keyof Entries, (value: any) => boolean>} */
const TYPES = {
  session: (value) => isRecord(value) && isText(value.token) && isText(value.expires_at),
  user: isText,
  open: (value) => typeof value === "boolean",
  waiting: (value) => typeof value === "boolean",
  seen: Number.isSafeInteger,
  draft: isText,
  config: isRecord,
};

/** @param {import("./storage.js").Stored} storage */
export function createSavedEntries({ name, get, set, entries }) {
  /** @returns {Entries & { outbox?: Unsent[] }} `outbox` in the order in which it was written */
  function read() {
    /** @type {any} */
    const kept = {};
    for (const [entry, fits] of Object.entries(TYPES)) {
      const found = get(entry);
      if (fits(found)) kept[entry] = found;
    }
    const outbox = unsent();
    if (outbox.length) kept.outbox = outbox.map(({ at: _, ...message }) => message);
    return kept;
  }

  /** @returns {(Unsent & { at: number })[]} */
  const unsent = () =>
    unsentEntries()
      .map(get)
      .filter(isUnsent)
      .map((message) => ({ ...message, at: Number(message.at) || 0 }))
      .sort((one, other) => one.at - other.at);

  const unsentEntries = () => entries().filter((entry) => entry.startsWith(UNSENT));

  /** Puts a message at the end of the outbox, once. @param {Unsent} message */
  function keep(message) {
    const last = unsent().at(-1)?.at ?? 0;
    set(UNSENT + message.id, { ...message, at: Math.max(Date.now(), last + 1) });
  }

  inherit(get(""));
  /** @param {any} old what a version has left that kept everything in one entry */
  function inherit(old) {
    if (!isRecord(old)) return;
    for (const [entry, fits] of Object.entries(TYPES)) if (fits(old[entry])) set(entry, old[entry]);
    if (Array.isArray(old.outbox)) old.outbox.filter(isUnsent).forEach(keep);
    set("");
  }

  return {
    name,
    read,
    keep,
    /** @param {Entries} changes an undefined value removes its entry */
    write(changes) {
      for (const [entry, value] of Object.entries(changes)) set(entry, value);
    },
    /** @param {string} id acknowledged or given up */
    drop: (id) => set(UNSENT + id),
    dropAll: () => unsentEntries().forEach((entry) => set(entry)),
    /** Everything about the visitor; how the assistant looks stays. */
    clear() {
      for (const entry of entries()) if (entry !== "config") set(entry);
    },
  };
}

/** @typedef {ReturnType<typeof createSavedEntries>} SavedEntries */
