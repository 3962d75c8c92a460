/** The visitor's token: kept in this browser, made when there is none, renewed when it was refused. */
import { toJson } from "./json.js";
import { Refused } from "./transport/backoff.js";

/**
 * @param {string} host @param {string} key @param {import("./saved_entries.js").SavedEntries} storage
 * @param {typeof fetch} request @param {string} locale that the widget speaks: the server's words stand among its own
 */
export function createSession(host, key, storage, request, locale) {
  /** The one handed out last. */
  let used = "";
  /** How the site says who its visitor is, where it does. @type {Login | undefined} */
  let login;
  /** @type {Promise<unknown> | undefined} */
  let loggingIn;

  /** @param {string} [bearer] @returns {Promise<string>} */
  async function make(bearer) {
    const stated = await login?.state();
    const response = await request(`${host}/api/v1/widget/${stated ? "identity" : "sessions"}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...(bearer && { Authorization: `Bearer ${bearer}` }) },
      body: toJson({
        key,
        locale,
        timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        ...stated,
      }),
    });
    if (stated && response.status === 403) {
      login?.refused(await response.json());
      login = undefined;
      return make(bearer);
    }
    if (response.status === 401 && bearer) return make();
    if (!response.ok) throw new Refused(response.status, Number(response.headers.get("Retry-After")));
    const { token, expires_at, ...more } = await response.json();
    if (stated) login?.accepted(more);
    storage.write({ session: { token, expires_at } });
    return token;
  }

  /** Two tabs that start together must become one visitor. @param {() => Promise<string>} run @returns {Promise<string>} */
  const alone = (run) => navigator.locks?.request(`${storage.name}:session`, run) ?? run();

  const usable = (/** @type {string | undefined} */ spent) => {
    const session = storage.read().session;
    return session && session.token !== spent && Date.parse(session.expires_at) > Date.now() ? session.token : null;
  };

  return {
    /** @param {string} [spent] a token that was refused @returns {Promise<string>} */
    async token(spent) {
      await loggingIn;
      return (used = usable(spent) ?? (await alone(async () => usable(spent) ?? make())));
    },
    /** What this page's connection uses: empty before there is one. */
    lastToken: () => used,
    /** The same visitor's next conversation. @returns {Promise<string>} */
    next: () => make(usable(undefined) ?? undefined),
    /** The session of whom the site says that the visitor is, and so is each that follows; without one, of nobody again.
     * @param {Login} [stated] */
    async logIn(stated) {
      login = stated;
      if (stated) await (loggingIn = alone(() => make(usable(undefined) ?? undefined)).catch(() => {}));
    },
  };
}

/** How a site says who its visitor is: `state` gives a token of its server, or nothing where it has none.
 * @typedef {object} Login
 * @property {() => Promise<{ identity: string, id?: string } | undefined>} state
 * @property {(problem: { code: string, reason?: string, detail?: string }) => void} refused
 * @property {(told: { user: string, ignored: string[] }) => void} accepted */
