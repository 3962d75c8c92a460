import { toJson } from "./json.js";

/**
 * What one assistant's widget keeps in this browser: first-party localStorage, or memory where that is refused.
 * `saved_entries.js` checks the entries one by one; the loader reads them unchecked, since it only looks at whether they
 * are there.
 *
 * @param {string} key the assistant's public key @param {() => Storage} [area] throws where storage is refused
 */
export function createStorage(key, area = () => localStorage) {
  const name = `interworky:${key}`;
  let memory = "{}";

  /** Read afresh each time: another tab writes here too. @returns {any} */
  function read() {
    try {
      memory = area().getItem(name) ?? memory;
    } catch {
      // Refused: memory has what this page wrote.
    }
    try {
      return Object(JSON.parse(memory));
    } catch {
      return {};
    }
  }

  return {
    name,
    read,
    /** @param {object} changes an undefined value removes its entry */
    write(changes) {
      memory = toJson({ ...read(), ...changes });
      try {
        area().setItem(name, memory);
      } catch {
        // Refused or full: this page goes on, the next begins anew.
      }
    },
    forget() {
      memory = "{}";
      try {
        area().removeItem(name);
      } catch {
        // Refused: there is nothing to forget.
      }
    },
  };
}

/** @typedef {ReturnType<typeof createStorage>} Stored */
