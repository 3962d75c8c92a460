// What the inbox asks the server, and the socket on which the server says that something has changed.

export const config = JSON.parse(document.getElementById("inbox-config").textContent);
const base = config.list.replace(/list\/$/, "");

async function ask(address, options) {
  try {
    const answer = await fetch(address, options);
    if (answer.headers.get("Content-Type")?.startsWith("application/json")) return await answer.json();
    if (answer.status === 404) return { error: "This conversation does not exist any longer." };
    return { error: "The server could not do that. Try again; if it keeps failing, reload the page." };
  } catch {
    return { error: "The server cannot be reached. Nothing was changed. Try again." };
  }
}

export const lines = (query) => ask(`${config.list}?${new URLSearchParams(query)}`);
export const conversation = (id) => ask(`${base}${id}/`);

/** Posts what staff do; answers { ok }, or { error } with a sentence, and { crossed } where somebody else answered first. */
export function change(id, act, fields = {}) {
  const token = document.querySelector("#inbox [name=csrfmiddlewaretoken]").value;
  const body = new URLSearchParams(fields);
  return ask(`${base}${id}/${act}/`, { method: "POST", body, headers: { "X-CSRFToken": token } });
}

/** Uploads a file for a reply; answers { file } or { error }. */
export function attach(id, file) {
  const token = document.querySelector("#inbox [name=csrfmiddlewaretoken]").value;
  const body = new FormData();
  body.append("file", file);
  return ask(`${base}${id}/attach/`, { method: "POST", body, headers: { "X-CSRFToken": token } });
}

const HERE_MS = 20_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/** A socket that comes back: `onEvent` gets each event, `onOnline(online, isRefused)` whether it is connected, every time that
 * changes, and whether it is refused for good. */
export function connect(onEvent, onOnline) {
  let socket = null;
  let wait = FIRST_WAIT_MS;
  let watching = "";
  const send = (frame) => socket?.readyState === WebSocket.OPEN && socket.send(JSON.stringify(frame));

  function open() {
    socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws/v1/inbox`);
    socket.onmessage = ({ data }) => {
      const event = JSON.parse(data);
      if (event.type === "ready") {
        wait = FIRST_WAIT_MS;
        onOnline(true);
        send({ type: "watch", conversation: watching });
      }
      onEvent(event.type === "ready" ? { type: "missed" } : event);
    };
    socket.onclose = ({ code }) => {
      onOnline(false, code === 4403);
      if (code === 4403) return; // not this product's own page: asking again changes nothing
      if (code === 4401) return location.reload(); // signed out: the page asks to sign in
      setTimeout(open, wait * (0.5 + Math.random() / 2));
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    };
  }

  open();
  setInterval(() => send({ type: "here" }), HERE_MS);
  return {
    watch(id) {
      watching = id;
      send({ type: "watch", conversation: id });
    },
    typing: () => send({ type: "typing" }),
  };
}
