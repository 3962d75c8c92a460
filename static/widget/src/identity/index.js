/** Logging a visitor in: with a token in which the site's own server says who they are. Loaded when a page does so. */

/**
 * @typedef {object} Known what a page says of its visitor
 * @property {string} [id] @property {string} [name] @property {string} [email]
 * @property {Record<string, string | number | boolean | null>} [attributes]
 *
 * @typedef {object} Parts
 * @property {ReturnType<typeof import("../session.js").createSession>} session
 * @property {import("../transport/index.js").Transport} transport
 * @property {import("../saved_entries.js").SavedEntries} storage
 * @property {import("../store.js").Store} store
 * @property {(name: string, detail?: unknown) => void} emit
 */

/** Why a page's script was refused, as an error that it can catch. */
class IdentityError extends Error {
  /** @param {string} reason @param {string} [detail] */
  constructor(reason, detail = "") {
    super(detail || `The token of identify() was refused: ${reason}.`);
    this.name = "IdentityError";
    this.code = "identity_refused";
    this.reason = reason;
  }
}

/**
 * @param {Parts} parts @param {Known} known
 * @param {string | (() => string | Promise<string>)} token as a function it is asked again when the login expires
 * @returns {Promise<{ id: string, ignored: string[] }>} once the server has accepted it; rejects with its reason
 */
export function logIn({ session, transport, storage, store, emit }, known, token) {
  return new Promise((resolve, reject) => {
    /** @param {string} reason @param {string} [detail] */
    function refuse(reason, detail) {
      const error = new IdentityError(reason, detail);
      console.warn(`Interworky: identify() was refused (${reason}). ${error.message}`);
      emit("error", { code: error.code, reason });
      reject(error);
    }

    async function state() {
      try {
        const identity = typeof token === "function" ? await token() : token;
        if (typeof identity === "string" && identity) return { identity, id: known.id && String(known.id) };
        refuse("no_token", "There is no token: pass a text, or a function that returns one.");
      } catch (error) {
        refuse("no_token", `The function that was to return a token failed: ${error}`);
      }
    }

    const { user: before } = storage.read();
    void session.logIn({
      state,
      refused: ({ code, reason, detail }) => refuse(reason ?? code, detail),
      accepted({ user, ignored }) {
        // Nothing of one user is left for the next.
        const another = storage.read().user ?? before;
        if (another && another !== user) {
          storage.dropAll();
          storage.write({ seen: undefined, draft: undefined });
          store.dispatch({ type: "conversation.left" });
        }
        storage.write({ user });
        if (ignored.length)
          console.warn(
            `Interworky: no such attributes, or of another type: ${ignored.join(", ")}. Define them in the admin.`,
          );
        emit("identified", { id: user });
        resolve({ id: user, ignored });
        if (session.lastToken() || store.get().open) queueMicrotask(transport.restart);
      },
    });
  });
}
