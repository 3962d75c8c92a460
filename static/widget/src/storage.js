import { toJson } from "./json.js";

/**
 * What one assistant's widget keeps in this browser: first-party localStorage, or memory where that is refused.
 * `saved_entries.js` checks the entries one by one; the loader reads them unchecked, since it only looks at whether they
 * are there.
 *
 * Each entry has a key of its own. Tabs may run in processes that learn late of each other's writes: a tab that wrote more
 * than it has changed would put back what another tab has just replaced, such as the session.
 *
 * @param {string} key the assistant's public key @param {() => Storage} [area] throws where storage is refused
 */
export function createStorage(key, area = () => localStorage) {
  const name = `interworky:${key}`;
  const prefix = `${name}:`;
  /** The entry "" is what earlier versions kept everything in. @param {string} entry */
  const keyOf = (entry) => (entry ? prefix + entry : name);
  /** What could not be saved, or, where null, not removed. @type {Map<string, string | null>} */
  const unsaved = new Map();

  const storage = {
    name,
    /** Read afresh each time: another tab writes here too. @param {string} entry @returns {any} */
    get(entry) {
      try {
        const text = unsaved.has(entry) ? unsaved.get(entry) : area().getItem(keyOf(entry));
        return text ? JSON.parse(text) : undefined;
      } catch {
        return undefined;
      }
    },
    /** @param {string} entry @param {unknown} [value] undefined removes it */
    set(entry, value) {
      const text = value === undefined ? null : toJson(value);
      try {
        if (text === null) area().removeItem(keyOf(entry));
        else area().setItem(keyOf(entry), text);
        unsaved.delete(entry);
      } catch {
        unsaved.set(entry, text); // refused or full: this page goes on, the next starts over
      }
    },
    /** @returns {string[]} the names of all entries, in no order; some may have been removed */
    entries() {
      const found = [...unsaved.keys()];
      try {
        const stored = area();
        for (let at = 0; at < stored.length; at += 1) {
          const text = stored.key(at) ?? "";
          if (text === name || text.startsWith(prefix)) found.push(text.slice(prefix.length));
        }
      } catch {
        // Refused: there is what this page wrote.
      }
      return [...new Set(found)];
    },
    forget: () => storage.entries().forEach((entry) => storage.set(entry)),
  };
  return storage;
}

/** @typedef {ReturnType<typeof createStorage>} Stored */
