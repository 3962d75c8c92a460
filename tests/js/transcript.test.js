import assert from "node:assert/strict";
import test from "node:test";
import en from "../../static/widget/src/locales/en.js";
import { asText } from "../../static/widget/src/transcript/index.js";

const at = new Date(2030, 0, 8, 14, 5).toISOString();
const message = (role, text) => ({ kind: "message", message: { role, text, at } });

test("a transcript says who said what and when, and what was booked", () => {
  const items = [
    message("visitor", "Tuesday?"),
    message("assistant", "Yes."),
    { kind: "notice", notice: { text: "failed" } },
    { kind: "card", card: { title: "Appointment confirmed", at, reference: "7KQ2MX", lines: [["When", "14:30"]] } },
    message("staff", "See you then."),
    message("system", "Ada has joined."),
  ];
  const state = { config: { name: "Mia", title: "" }, items, conversation: { staff: "Ada" } };
  assert.equal(
    asText(/** @type {any} */ (state), { t: en, locale: "en-GB" }),
    [
      "Mia",
      "Tuesday 8 January",
      "14:05 You: Tuesday?",
      "14:05 Mia: Yes.",
      "14:05 Appointment confirmed\nWhen: 14:30\nReference: 7KQ2MX",
      "14:05 Ada: See you then.",
      "14:05 Ada has joined.\n",
    ].join("\n\n"),
  );
});
