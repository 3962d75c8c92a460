import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { LANGUAGES, loadLocale } from "../../static/widget/src/locales/index.js";
import { voice as english } from "../../static/widget/src/locales/en.js";
import { follow, silence, takeLines } from "../../static/widget/src/voice/events.js";

const after = (...events) => events.reduce((talk, [type, event]) => follow(talk, { type, ...event }), silence());
const asked = (id, text) => [
  "conversation.item.input_audio_transcription.completed",
  { item_id: id, transcript: text },
];
const answered = (id, text) => ["response.output_audio_transcript.done", { item_id: id, transcript: text }];

test("who has the word is what the last event says", () => {
  const steps = [
    ["input_audio_buffer.speech_stopped", {}, "thinking"],
    ["output_audio_buffer.started", {}, "speaking"],
    ["response.done", { response: { status: "completed" } }, "speaking"],
    ["output_audio_buffer.stopped", {}, "listening"],
  ];
  let talk = silence();
  for (const [type, event, phase] of steps) assert.equal((talk = follow(talk, { type, ...event })).phase, phase, type);
});

test("an answer waits for the transcript of its question, and what is being spoken for its end", () => {
  const early = after(["input_audio_buffer.committed", { item_id: "q" }], answered("a", "Until six."));
  assert.deepEqual(takeLines(early)[0], []);
  const both = follow(early, { type: asked("q", "")[0], item_id: "q", transcript: "Are you open?" });
  assert.deepEqual(
    takeLines(both)[0].map(({ id }) => id),
    ["q", "a"],
  );
  assert.deepEqual(takeLines({ ...both, phase: "speaking" })[0].length, 1);
});

test("a transcript that never comes holds nothing back at the end", () => {
  const talk = after(["input_audio_buffer.committed", { item_id: "q" }], answered("a", "Until six."));
  assert.deepEqual(
    takeLines(talk, true)[0].map(({ text, stopped }) => [text, stopped]),
    [["Until six.", false]],
  );
});

test("what was interrupted is saved as stopped", () => {
  const talk = after(
    ["response.output_audio_transcript.delta", { item_id: "a", delta: "We are " }],
    ["output_audio_buffer.cleared", {}],
  );
  assert.deepEqual(takeLines(talk)[0], [{ id: "a", role: "assistant", text: "We are ", done: true, stopped: true }]);
});

test("tools are called from whole answers only, and all tokens are counted", () => {
  const call = { type: "function_call", id: "i", call_id: "c", name: "find", arguments: "{}" };
  const usage = { input_tokens: 10, output_tokens: 2 };
  const talk = after(
    ["response.done", { response: { status: "cancelled", output: [call], usage } }],
    ["response.done", { response: { status: "completed", output: [call], usage } }],
  );
  assert.deepEqual(talk.calls, [{ call_id: "c", name: "find", arguments: "{}" }]);
  assert.deepEqual([talk.input, talk.output, talk.phase], [20, 4, "thinking"]);
});

test("an event of a later version changes nothing", () => {
  for (const type of ["toString", "response.something.new", "constructor"])
    assert.deepEqual(follow(silence(), { type }), silence());
});

for (const language of LANGUAGES.filter((one) => one !== "en"))
  test(`${language} has every word of a call`, async () => {
    const { voice } = await loadLocale(language);
    assert.deepEqual(Object.keys(voice ?? {}), Object.keys(english));
    for (const [key, words] of Object.entries(voice ?? {})) assert.ok(words.trim() && words !== english[key], key);
  });

test("English words of a call come with its module, not with the panel", async () => {
  const panel = readFileSync(new URL("../../static/widget/dist/panel.js", import.meta.url), "utf8");
  assert.ok(!panel.includes(english.explain));
});

test("the voice module's style sheet begins no class of the panel's", () => {
  const source = new URL("../../static/widget/src/", import.meta.url);
  const classes = (path) =>
    [...readFileSync(new URL(path, source), "utf8").matchAll(/\.(talk[\w-]*)/g)].map(([, name]) => name);
  assert.ok(classes("voice/voice.css").length > 5);
  assert.deepEqual(
    readdirSync(new URL("styles/", source)).flatMap((name) => classes(`styles/${name}`)),
    [],
  );
});
