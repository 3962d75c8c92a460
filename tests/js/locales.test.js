import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import {
  clock,
  count,
  dayOf,
  fill,
  inLanguage,
  LANGUAGES,
  loadLocale,
  MONTH_FIRST,
  TWELVE_HOURS,
  unknownLocale,
  withRegion,
} from "../../static/widget/src/locales/index.js";
import { ending } from "../../static/widget/src/locales/en.js";
import { launcherLabel } from "../../static/widget/src/locales/launcher.js";

const LOCALES = Object.fromEntries(
  await Promise.all(LANGUAGES.map(async (language) => [language, (await loadLocale(language)).strings])),
);

const placeholders = (sentence) => [...sentence.matchAll(/\{\w+\}/g)].map(([name]) => name).sort();

for (const [lang, strings] of Object.entries(LOCALES)) {
  test(`${lang} says everything that English says, with the same values in it`, () => {
    const parts = [
      [strings, lang === "en" ? strings : { ...LOCALES.en, ending }],
      [strings.booking, LOCALES.en.booking],
      [strings.ending ?? ending, ending],
      [strings.files, LOCALES.en.files],
    ];
    for (const [said, english] of parts) {
      assert.deepEqual(Object.keys(said).sort(), Object.keys(english).sort());
      for (const [key, sentence] of Object.entries(said)) {
        if (typeof sentence !== "string") continue;
        assert.ok(sentence.trim(), key);
        assert.deepEqual(placeholders(sentence), placeholders(english[key]), key);
      }
    }
  });

  test(`${lang} has no plural form that the language does not know, and always the one for the rest`, () => {
    const { pluralCategories } = new Intl.PluralRules(lang).resolvedOptions();
    for (const [key, forms] of Object.entries(strings)) {
      if (typeof forms === "string" || ["booking", "ending", "files"].includes(key)) continue;
      assert.equal(typeof forms, typeof LOCALES.en[key], key);
      assert.ok("other" in forms, key);
      for (const [form, sentence] of Object.entries(forms)) {
        assert.ok(pluralCategories.includes(form), `${key} ${form}`);
        // Arabic and Hebrew have words of their own for one and two of a thing; any other sentence must say how many.
        if (!["one", "two"].includes(form)) assert.deepEqual(placeholders(sentence), ["{count}"], `${key} ${form}`);
      }
    }
  });

  test(`the launcher is called Chat, or by the name in ${lang} that it has once the panel is there`, () => {
    for (const locale of [lang, lang.toUpperCase(), `${lang}-XX`])
      assert.ok(["Chat", strings.chat].includes(launcherLabel(locale)));
  });
}

test("the launcher has its Arabic name from the beginning", () => {
  for (const locale of ["ar", "AR", "ar-EG"]) assert.equal(launcherLabel(locale), LOCALES.ar.chat);
});

test("the launcher of a page in a language that the widget does not speak is called Chat", () => {
  assert.deepEqual([launcherLabel("fi"), launcherLabel("arn"), launcherLabel()], ["Chat", "Chat", "Chat"]);
});

test("a count chooses its sentence as the language does", () => {
  const counted = (lang, number) => count(LOCALES[lang.slice(0, 2)].tooLong, number, lang);
  assert.deepEqual([counted("en", 1), counted("en", 2)], ["1 character too many", "2 characters too many"]);
  assert.deepEqual([counted("fr-CA", 1), counted("de", 1)], ["1 caractère de trop", "1 Zeichen zu viel"]);
  assert.equal(new Set([1, 2, 3, 11, 100].map((number) => counted("ar", number))).size, 5);
  const endings = (lang, ...numbers) => numbers.map((number) => counted(lang, number).replace(/\d+/, ""));
  for (const lang of ["pl", "ru", "uk"]) {
    assert.equal(new Set(endings(lang, 1, 2, 5)).size, 3, lang);
    assert.equal(endings(lang, 22)[0], endings(lang, 2)[0], lang);
    assert.equal(endings(lang, 12)[0], endings(lang, 5)[0], lang);
  }
  assert.notEqual(endings("ru", 21)[0], endings("ru", 11)[0]);
  assert.deepEqual([counted("he", 1), counted("he", 2)], [LOCALES.he.tooLong.one, LOCALES.he.tooLong.two]);
});

test("the first language that we speak is taken, with its region and direction", async () => {
  assert.equal((await loadLocale("de-CH", "en")).locale, "de-CH");
  assert.equal((await loadLocale("xx", undefined, "fr")).strings, LOCALES.fr);
  assert.equal((await loadLocale("ar-EG")).dir, "rtl");
  assert.equal((await loadLocale("he_IL")).dir, "rtl");
  assert.equal((await loadLocale("zh-Hant-TW")).strings, LOCALES.zh);
  assert.equal((await loadLocale("", "tlh")).locale, "en");
});

test("a name that is no language is said to the site's owner, with those that are", () => {
  assert.match(
    unknownLocale("german"),
    /data-locale="german" is not a language of the widget\. Use one of: ar, de, en,/,
  );
  for (const locale of ["de", "DE-ch", "en_us", "", undefined]) assert.equal(unknownLocale(locale), "", locale);
});

test("a language without a region gets the one that the browser names for it", () => {
  assert.equal(withRegion("en", ["en-US", "en"]), "en-US");
  assert.equal(withRegion("en", ["de-DE", "en-gb"]), "en-GB");
  assert.equal(withRegion("EN", ["en-Latn-AU"]), "en-AU");
  assert.equal(withRegion("de", ["en-US", "en"]), "de", "another language's region says nothing");
  assert.equal(withRegion("en", ["en"]), "en");
  assert.equal(withRegion("en"), "en", "a page may have hidden what the browser says");
});

test("a region that the page or the tag has named stays", () => {
  assert.equal(withRegion("en-GB", ["en-US"]), "en-GB");
  assert.equal(withRegion("de_CH", ["de-DE"]), "de_CH");
});

// Without a zone these are wall times, as the machine's.
const AFTERNOON = new Date(2030, 0, 8, 14, 5).toISOString();
const MIDNIGHT = new Date(2030, 0, 8, 0, 5).toISOString();

test("times are written as the server writes those of slots", () => {
  for (const locale of ["en", "en-GB", "en-DE", "de", "de-AT", "fr", "es", "es-US", "ar", "ar-EG"])
    assert.deepEqual([clock(AFTERNOON, locale), clock(MIDNIGHT, locale)], ["14:05", "00:05"], locale);
  for (const locale of ["en-US", "en_us", "en-AU", "en-IN"])
    assert.deepEqual([clock(AFTERNOON, locale), clock(MIDNIGHT, locale)], ["2:05 PM", "12:05 AM"], locale);
});

test("the month stands before the day where the server puts it there", () => {
  assert.equal(dayOf(AFTERNOON, "en-US"), "Tuesday, January 8");
  for (const locale of ["en", "en-GB", "en-AU", "en-DE"]) assert.equal(dayOf(AFTERNOON, locale), "Tuesday 8 January");
  assert.equal(dayOf(AFTERNOON, "de-CH"), "Dienstag, 8. Januar");
  assert.match(dayOf(AFTERNOON, "ar-EG"), /8/, "in the digits of the server's dates");
});

test("the server and the widget read a clock of twelve hours in the same regions", () => {
  const slots = readFileSync(
    new URL("../../assistant/services/booking/availability/wording.py", import.meta.url),
    "utf8",
  );
  const regions = (name) =>
    [...slots.match(new RegExp(`^${name} = (?:"""[^"]*|.*)`, "m"))[0].matchAll(/\b[A-Z]{2}\b/g)].map(
      ([region]) => region,
    );
  assert.deepEqual(
    [regions("TWELVE_HOUR_REGIONS").sort(), regions("MONTH_FIRST")],
    [[...TWELVE_HOURS].sort(), MONTH_FIRST],
  );
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
