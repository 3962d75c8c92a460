import assert from "node:assert/strict";
import test from "node:test";
import { LANGUAGES } from "../../static/widget/src/locales/index.js";
import { WORDS } from "../../static/widget/src/own_data/locales/words.js";

const placeholders = (/** @type {string} */ sentence) =>
  [...sentence.matchAll(/\{\w+\}/g)].map(([name]) => name).sort();

test("every language of the widget has the words about a visitor's data, with the same values in them", () => {
  assert.deepEqual(Object.keys(WORDS).sort(), [...LANGUAGES].sort());
  for (const [language, words] of Object.entries(WORDS)) {
    assert.deepEqual(Object.keys(words), Object.keys(WORDS.en), language);
    for (const [key, sentence] of Object.entries(words)) {
      assert.ok(sentence.trim(), `${language} ${key}`);
      assert.deepEqual(placeholders(sentence), placeholders(WORDS.en[key]), `${language} ${key}`);
      if (language !== "en") assert.notEqual(sentence, key === "download" ? "" : WORDS.en[key], `${language} ${key}`);
    }
  }
});
