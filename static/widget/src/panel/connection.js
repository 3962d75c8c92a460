/** The way to the server: events go into the store, what the visitor has written goes out. */
import { createOutbox } from "../outbox.js";
import { createTransport } from "../transport/index.js";
import { createFlow } from "./flow.js";

const STAFF_TYPES_FOR_MS = 6_000;

/** @returns {import("../transport/index.js").World} */
const browser = () => ({
  WebSocket: globalThis.WebSocket,
  fetch: (...request) => fetch(...request),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer),
  random: Math.random,
});

/**
 * @param {string} host
 * @param {import("../store.js").Store} store
 * @param {ReturnType<typeof import("../session.js").createSession>} session
 */
export function createConnection(host, store, session) {
  const world = browser();
  const staffStopsTyping = createStaffTimer(store);
  const take = createFlow(store, world);
  const transport = createTransport(
    {
      host,
      token: session.token,
      after: () => store.get().seq,
      missed: () => store.get().gap,
      onEvent(event) {
        // What the page's script has said of the visitor is no business of theirs.
        if (event.type === "error" && event.of === "visitor.update")
          return console.warn(`Interworky: identify() was refused (${event.code}); check the name and the address.`);
        take(event);
        if (event.type === "error") outbox.onError(event);
        if (event.type === "staff.typing") staffStopsTyping();
      },
      onSaved: (id) => outbox.onSaved(id),
      onStatus(connection) {
        store.dispatch({ type: "connection.changed", connection });
        if (connection === "refused")
          console.warn(
            `Interworky: ${location.origin} may not show this assistant; add it to the organization's allowed origins.`,
          );
      },
    },
    world,
  );
  const outbox = createOutbox(store, transport, world);
  return { transport, outbox };
}

/** There is no event for the end of typing: it ends when `staff.typing` has not come again for a while.
 * @param {import("../store.js").Store} store */
function createStaffTimer(store) {
  /** @type {any} */
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(() => store.dispatch({ type: "staff.quiet" }), STAFF_TYPES_FOR_MS);
  };
}
