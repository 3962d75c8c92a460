import assert from "node:assert/strict";
import test from "node:test";
import { chooseLocale, fill, LOCALES } from "../../static/widget/src/locales/index.js";

const placeholders = (sentence) => [...sentence.matchAll(/\{\w+\}/g)].map(([name]) => name).sort();

for (const [lang, strings] of Object.entries(LOCALES)) {
  test(`${lang} says everything that English says, with the same values in it`, () => {
    assert.deepEqual(Object.keys(strings), Object.keys(LOCALES.en));
    for (const [key, sentence] of Object.entries(strings)) {
      assert.ok(sentence.trim(), key);
      assert.deepEqual(placeholders(sentence), placeholders(LOCALES.en[key]), key);
    }
  });
}

test("the first language that we speak is taken, with its region and direction", () => {
  assert.equal(chooseLocale("de-CH", "en").locale, "de-CH");
  assert.equal(chooseLocale("xx", undefined, "fr").strings, LOCALES.fr);
  assert.equal(chooseLocale("ar-EG").dir, "rtl");
  assert.equal(chooseLocale("", "tlh").locale, "en");
});

test("values are put in as text", () => {
  assert.equal(fill("{a} and {b}", { a: "$&", b: 2 }), "$& and 2");
  assert.equal(fill("{missing}", {}), "");
});
