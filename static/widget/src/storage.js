/**
 * What one assistant's widget keeps in this browser: first-party localStorage, or memory where that is refused.
 *
 * @typedef {{ token: string, expires_at: string }} Session
 * @typedef {{ id: string, text: string, page?: { url: string, title: string } }} Unsent
 * @typedef {object} Kept
 * @property {Session} [session]
 * @property {boolean} [open] the panel was open
 * @property {boolean} [waiting] an answer is due: the next page looks for it without a click
 * @property {number} [seen] the last `seq` that the visitor has had before him
 * @property {string} [draft] being written
 * @property {Unsent[]} [outbox] written, not yet acknowledged
 * @property {Partial<import("./store.js").Config>} [config] of the last visit, for the launcher's first look
 */

/** @param {string} key the assistant's public key @param {() => Storage} [area] throws where storage is refused */
export function createStorage(key, area = () => localStorage) {
  const name = `interworky:${key}`;
  let memory = "{}";

  /** Read afresh each time: another tab writes here too. @returns {Kept} */
  function read() {
    try {
      memory = area().getItem(name) ?? memory;
    } catch {
      // Refused: memory has what this page wrote.
    }
    try {
      return JSON.parse(memory) ?? {};
    } catch {
      return {};
    }
  }

  /** @param {Partial<Kept>} changes an undefined value removes its entry */
  function write(changes) {
    memory = JSON.stringify({ ...read(), ...changes });
    try {
      area().setItem(name, memory);
    } catch {
      // Refused or full: this page goes on, the next begins anew.
    }
  }

  return {
    name,
    read,
    write,
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
    clear() {
      write({
        session: undefined,
        open: undefined,
        waiting: undefined,
        seen: undefined,
        draft: undefined,
        outbox: undefined,
      });
    },
  };
}
