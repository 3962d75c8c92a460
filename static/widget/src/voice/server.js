/** What the server is asked and told of a call: docs/protocol.md, *Voice calls*. */
import { toJson } from "../json.js";

/** @typedef {{ value: string, call: string, seconds: number }} Key */
/** No call, or none any more: `reason` is a word of the catalogue, `detail` is for the site's owner. */
export class NoCall extends Error {
  /** @param {string} reason @param {string} [detail] */
  constructor(reason, detail = "") {
    super(detail || reason);
    this.reason = reason;
  }
}

/** Requests in the visitor's name. @param {string} host @param {string} token */
function createClient(host, token) {
  /** @param {string} path @param {object} body @param {boolean} [keepalive] beyond the end of the page */
  const post = (path, body, keepalive = false) =>
    fetch(`${host}/api/v1/widget/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
      body: toJson(body),
      keepalive,
    });
  return {
    post,
    /** @param {string} path @param {object} body */
    async answerTo(path, body) {
      const response = await post(path, body);
      if (!response.ok) throw new NoCall("network", `${path}: ${response.status}`);
      return response.json();
    },
  };
}

/** @param {string} host @param {string} token */
export function createServer(host, token) {
  const { post, answerTo } = createClient(host, token);
  let call = "";

  return {
    /** @returns {Promise<Key>} */
    async key() {
      const response = await post("session-key", {}).catch(() => null);
      if (!response) throw new NoCall("network");
      const said = await response.json().catch(() => ({}));
      if (!response.ok)
        throw new NoCall(said.code === "budget_exceeded" ? "spent" : "unavailable", said.message ?? said.title);
      call = said.call;
      return said;
    },
    /** The provider's answer to our offer, which the server passes on. @param {Key} key @param {string} sdp
     * @returns {Promise<string>} */
    async connect({ value }, sdp) {
      const response = await post(`voice-calls/${call}/start`, { key: value, sdp }).catch(() => null);
      if (!response) throw new NoCall("network");
      const said = await response.json().catch(() => ({}));
      if (!response.ok) throw new NoCall("unavailable", said.message ?? said.title);
      return said.sdp;
    },
    /** What the model is to be told of it, if anything. @param {import("./events.js").Line} line
     * @returns {Promise<string | undefined>} */
    async save({ id, role, text, stopped }) {
      const line = { id, role, text: text.slice(0, 4_000), stopped };
      return (await answerTo(`voice-calls/${call}/lines`, line)).correction;
    },
    /** @param {import("./events.js").ToolCall} wanted @returns {Promise<string>} */
    async run({ call_id, name, arguments: given }) {
      try {
        return (await answerTo("tool-calls", { call: call_id, name, arguments: JSON.parse(given || "{}") })).output;
      } catch {
        return "The tool could not be reached. Nothing was done.";
      }
    },
    /** @param {string} reason @param {{ input: number, output: number }} used */
    end(reason, { input, output }) {
      if (!call) return;
      post(`voice-calls/${call}/end`, { reason, input_tokens: input, output_tokens: output }, true).catch(() => {});
    },
  };
}

/** @typedef {ReturnType<typeof createServer>} Server */
