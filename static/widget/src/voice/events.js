/**
 * A call as the provider's events tell it: who speaks, what was said in which order, which tools are to run. Pure.
 * Source: https://platform.openai.com/docs/api-reference/realtime-server-events
 */

/** @typedef {"listening" | "thinking" | "speaking"} Phase */
/** @typedef {{ id: string, role: "visitor" | "assistant", text: string, done: boolean, stopped: boolean }} Line */
/** @typedef {{ call_id: string, name: string, arguments: string }} ToolCall */
/**
 * @typedef {object} Talk
 * @property {Phase} phase
 * @property {Line[]} lines not yet saved, in their order: a transcript may come after the answer to it
 * @property {string} caption what is heard just now
 * @property {ToolCall[]} calls that are to run
 * @property {number} input tokens @property {number} output tokens
 */

/** @returns {Talk} */
export const silence = () => ({ phase: "listening", lines: [], caption: "", calls: [], input: 0, output: 0 });

/** @typedef {{ type: string, [field: string]: any }} ProviderEvent */
/** @type {Record<string, (talk: Talk, event: ProviderEvent) => Talk>} */
const HANDLERS = {
  "input_audio_buffer.speech_started": (talk) => ({ ...talk, phase: "listening", caption: "" }),
  "input_audio_buffer.speech_stopped": (talk) => ({ ...talk, phase: "thinking" }),
  "input_audio_buffer.committed": (talk, { item_id }) => change(talk, item_id, "visitor", () => ({})),
  "conversation.item.input_audio_transcription.delta": (talk, { item_id, delta }) =>
    heard(talk, item_id, "visitor", (line) => ({ text: line.text + delta })),
  "conversation.item.input_audio_transcription.completed": (talk, { item_id, transcript }) =>
    heard(talk, item_id, "visitor", () => ({ text: transcript, done: true })),
  "conversation.item.input_audio_transcription.failed": (talk, { item_id }) =>
    change(talk, item_id, "visitor", () => ({ done: true })),
  "response.created": (talk) => (talk.phase === "speaking" ? talk : { ...talk, phase: "thinking" }),
  "response.output_audio_transcript.delta": (talk, { item_id, delta }) =>
    heard(talk, item_id, "assistant", (line) => ({ text: line.text + delta })),
  "response.output_audio_transcript.done": (talk, { item_id, transcript }) =>
    heard(talk, item_id, "assistant", () => ({ text: transcript, done: true })),
  "output_audio_buffer.started": (talk) => ({ ...talk, phase: "speaking" }),
  "output_audio_buffer.stopped": (talk) => ({ ...talk, phase: "listening" }),
  // The visitor has interrupted: what was not heard any more was never said.
  "output_audio_buffer.cleared": (talk) => ({ ...cut(talk), phase: "listening" }),
  "conversation.item.truncated": (talk, { item_id }) =>
    talk.lines.some(({ id }) => id === item_id) ? change(talk, item_id, "assistant", () => ({ stopped: true })) : talk,
  "response.done": (talk, { response }) => answered(talk, response ?? {}),
};

/** @param {Talk} talk @param {ProviderEvent} event @returns {Talk} */
export function follow(talk, event) {
  return Object.hasOwn(HANDLERS, event.type) ? HANDLERS[event.type](talk, event) : talk;
}

/** @param {Talk} talk @param {{ status?: string, output?: any[], usage?: any }} response @returns {Talk} */
function answered(talk, { status, output = [], usage }) {
  const calls = status === "completed" ? output.filter(({ type }) => type === "function_call") : [];
  const done = new Set(output.map(({ id }) => id));
  /** @type {Phase} */
  const silent = calls.length ? "thinking" : "listening";
  return {
    ...talk,
    phase: talk.phase === "speaking" ? "speaking" : silent,
    calls: [
      ...talk.calls,
      ...calls.map(({ call_id, name, arguments: given }) => ({ call_id, name, arguments: given })),
    ],
    lines: talk.lines.map((line) =>
      done.has(line.id) ? { ...line, done: true, stopped: line.stopped || status === "cancelled" } : line,
    ),
    input: talk.input + (usage?.input_tokens ?? 0),
    output: talk.output + (usage?.output_tokens ?? 0),
  };
}

/** @param {Talk} talk @param {string} id @param {Line["role"]} role @param {(line: Line) => Partial<Line>} to */
function change(talk, id, role, to) {
  const known = talk.lines.some((line) => line.id === id);
  const lines = known ? talk.lines : [...talk.lines, { id, role, text: "", done: false, stopped: false }];
  return { ...talk, lines: lines.map((line) => (line.id === id ? { ...line, ...to(line) } : line)) };
}

/** @param {Talk} talk @param {string} id @param {Line["role"]} role @param {(line: Line) => Partial<Line>} to */
function heard(talk, id, role, to) {
  const next = change(talk, id, role, to);
  return { ...next, caption: next.lines.find((line) => line.id === id)?.text ?? "" };
}

/** @param {Talk} talk */
const cut = (talk) => ({
  ...talk,
  lines: talk.lines.map((line) => (line.role === "assistant" ? { ...line, done: true, stopped: true } : line)),
});

/** The lines that can be saved now, and the talk without them. One that waits holds back what was said after it, and what
 * is being spoken may yet be interrupted; with `all`, whatever there is. @param {Talk} talk @param {boolean} [all]
 * @returns {[Line[], Talk]} */
export function takeLines(talk, all = false) {
  const ready = (/** @type {Line} */ line) =>
    all || (line.done && (line.role === "visitor" || talk.phase !== "speaking"));
  const first = talk.lines.findIndex((line) => !ready(line));
  const at = first < 0 ? talk.lines.length : first;
  const lines = talk.lines.slice(0, at).map((line) => (line.done ? line : { ...line, stopped: true }));
  return [lines.filter(({ text }) => text.trim()), { ...talk, lines: talk.lines.slice(at) }];
}
