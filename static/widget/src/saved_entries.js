/**
 * What the widget keeps between pages, entry by entry. An older version, another script of the site or a page whose
 * prototypes were extended may have left anything in our place: what is not of its type was never written.
 *
 * @typedef {{ token: string, expires_at: string }} Session
 * @typedef {{ id: string, text: string, page?: { url: string, title: string } }} Unsent
 * @typedef {object} Entries
 * @property {Session} [session]
 * @property {boolean} [open] the panel was open
 * @property {boolean} [waiting] an answer is due: the next page looks for it without a click
 * @property {number} [seen] the last `seq` that the visitor has seen
 * @property {string} [draft] being written
 * @property {Unsent[]} [outbox] written, not yet acknowledged
 * @property {Partial<import("./store.js").Config>} [config] of the last visit, for the launcher's first look
 */

const isText = (/** @type {unknown} */ value) => typeof value === "string";
const isRecord = (/** @type {any} */ value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** @type {Record<keyof Entries, (value: any) => boolean>} */
const TYPES = {
  session: (value) => isRecord(value) && isText(value.token) && isText(value.expires_at),
  open: (value) => typeof value === "boolean",
  waiting: (value) => typeof value === "boolean",
  seen: Number.isSafeInteger,
  draft: isText,
  outbox: Array.isArray,
  config: isRecord,
};

/** @param {import("./storage.js").Stored} storage */
export function createSavedEntries({ name, read: readAny, write }) {
  /** @returns {Entries} */
  function read() {
    const found = readAny();
    /** @type {any} */
    const kept = {};
    for (const [entry, fits] of Object.entries(TYPES)) if (fits(found[entry])) kept[entry] = found[entry];
    if (kept.outbox)
      kept.outbox = kept.outbox.filter((/** @type {any} */ one) => isRecord(one) && isText(one.id) && isText(one.text));
    return kept;
  }

  return {
    name,
    read,
    write: /** @type {(changes: Partial<Entries>) => void} */ (write),
    /** Puts a message into the outbox, in the place of one with the same id. @param {Unsent} unsent */
    keep(unsent) {
      const others = (read().outbox ?? []).filter(({ id }) => id !== unsent.id);
      write({ outbox: [...others, unsent] });
    },
    /** @param {string} id acknowledged or given up */
    drop(id) {
      const outbox = read().outbox ?? [];
      if (outbox.some((unsent) => unsent.id === id)) write({ outbox: outbox.filter((unsent) => unsent.id !== id) });
    },
    /** Everything about the visitor; how the assistant looks stays. */
    clear() {
      write(
        Object.fromEntries(Object.keys(TYPES).map((entry) => [entry, entry === "config" ? read().config : undefined])),
      );
    },
  };
}

/** @typedef {ReturnType<typeof createSavedEntries>} SavedEntries */
