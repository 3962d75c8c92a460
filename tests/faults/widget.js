/** The widget without a page: its own store, outbox and transport, against a server that comes and goes. Writes the messages
 * given to it without waiting for anything, and says `done` once the server has them all. */
import { createOutbox } from "../../static/widget/src/outbox.js";
import { createStore, initial } from "../../static/widget/src/store.js";
import { createTransport } from "../../static/widget/src/transport/index.js";

const { host, origin, token, texts, sockets } = JSON.parse(process.argv[2]);

/** A page's sockets say where it is; those of node say what they are told to. */
const socketClass = () =>
  class extends WebSocket {
    constructor(url) {
      super(url, { headers: { Origin: origin } });
    }
  };

const world = {
  WebSocket: sockets ? socketClass() : undefined,
  fetch: (url, init = {}) => fetch(url, { ...init, headers: { ...init.headers, Origin: origin } }),
  setTimeout: (run, ms) => setTimeout(run, ms / 10), // nobody has the time to wait for a visitor's patience
  clearTimeout,
  random: Math.random,
};
const store = createStore(initial({ key: "pk", starters: [], max_chars: 4000 }));
const transport = createTransport(
  {
    host,
    token: async () => token,
    after: () => store.get().seq,
    missed: () => store.get().gap,
    onEvent: (event) => (store.dispatch(event), event.type === "error" && outbox.onError(event)),
    onSaved: (id) => outbox.onSaved(id),
    onStatus: (connection) => store.dispatch({ type: "connection.changed", connection }),
  },
  world,
);
const outbox = createOutbox(store, transport, world);
store.subscribe((state, before) => {
  outbox.update(state, before);
  if (written === texts.length && !state.pending.length) {
    process.stdout.write("done\n");
    process.exit();
  }
});

let written = 0;
transport.open();
setInterval(() => {
  if (written === texts.length) return;
  const id = `w-${written}`;
  store.dispatch({ type: "message.written", message: { id, text: texts[written++] } });
}, 40);
