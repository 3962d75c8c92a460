import assert from "node:assert/strict";
import test from "node:test";
import { chooseLocale, fill, inLanguage, LOCALES } from "../../static/widget/src/locales/index.js";

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

test("staff's texts for the visitor's language go before those without a language", () => {
  const texts = { de: { greeting: "Hallo!", starters: ["Wann?"] } };
  const config = /** @type {any} */ ({ greeting: "Hi!", disclosure: "A machine.", starters: [], texts });
  assert.equal(inLanguage(config, "de-CH").greeting, "Hallo!");
  assert.deepEqual(inLanguage(config, "de").starters, ["Wann?"]);
  assert.equal(inLanguage(config, "de").disclosure, "A machine.");
  assert.equal(inLanguage(config, "fr").greeting, "Hi!");
  assert.equal(inLanguage(/** @type {any} */ ({ greeting: "Hi!" }), "de").greeting, "Hi!");
});
