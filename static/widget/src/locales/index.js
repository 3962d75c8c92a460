/** The languages that the widget speaks: the one list, and how times and dates are written in each. */
import en from "./en.js";

/** A sentence for each way in which a language counts; `other` stands in for those that do not differ from it. @typedef {{ [category in Intl.LDMLPluralRule]?: string }} Plural */
/** Words for looking through times, which are read with the card of times. @typedef {typeof en.booking} Booking */
/** Words of a voice call, which are read with that. @typedef {typeof import("./en.js").voice} Voice */
/** Words of the sheet that ends, rates and mails a conversation, which are read with it: in English they come with it. @typedef {{ [key in keyof typeof import("./en.js").ending]: string }} Ending */
/** Words for files, which are read where there are some. @typedef {typeof en.files} FileWords */
/** @typedef {{ [key in keyof typeof en]: (typeof en)[key] extends string ? string : key extends "booking" ? Booking : key extends "files" ? FileWords : Plural } & { ending?: Ending }} Strings */

/** What each language says: a file beside the panel, fetched when it is spoken. English comes with the panel.
 * @type {Record<string, () => Promise<{ default: Strings, voice: Voice }>>} */
const FILES = {
  ar: () => import("./ar.js"),
  de: () => import("./de.js"),
  es: () => import("./es.js"),
  fr: () => import("./fr.js"),
  he: () => import("./he.js"),
  hi: () => import("./hi.js"),
  it: () => import("./it.js"),
  ja: () => import("./ja.js"),
  nl: () => import("./nl.js"),
  pl: () => import("./pl.js"),
  pt: () => import("./pt.js"),
  ru: () => import("./ru.js"),
  tr: () => import("./tr.js"),
  uk: () => import("./uk.js"),
  zh: () => import("./zh.js"),
};
export const LANGUAGES = ["en", ...Object.keys(FILES)];

const RIGHT_TO_LEFT = new Set(["ar", "he"]);

/** Where English is read on a clock of twelve hours, and where the month stands before the day (CLDR 48): as the server
 * has it for the times that it writes (`assistant/services/booking/availability/wording.py`). What a browser makes of
 * English in other regions is American. */
export const MONTH_FIRST = ["AS", "BI", "CA", "GU", "JP", "MH", "MP", "PH", "PR", "UM", "US", "VI"];
export const TWELVE_HOURS =
  "AE AG AS AU BB BD BM BS CA CY DM ER FJ FM GD GH GM GU GY HK IN JM KI KN KY LC LR LS MH MO MP MW MY NA NZ PG PH PK PR PW SB SD SG SL SS SZ TC TO TT UM US VC VG VI VU WS ZM".split(
    " ",
  );

/**
 * The first of `wanted` that we speak, else English: its name as it was written, its words, and the direction that it is
 * written in. English too where its file cannot be fetched: a chat in another language is better than none.
 * @param {...(string | undefined | null)} wanted
 */
export async function loadLocale(...wanted) {
  const locale = wanted.find((name) => name && LANGUAGES.includes(partsOf(name).language)) ?? "en";
  const { language } = partsOf(locale);
  if (language === "en") return { locale, strings: en, dir: "ltr" };
  try {
    const { default: strings, voice } = await FILES[language]();
    return { locale, strings, voice, dir: RIGHT_TO_LEFT.has(language) ? "rtl" : "ltr" };
  } catch {
    return { locale: "en", strings: en, dir: "ltr" };
  }
}

/** What to tell the site's owner of a language that they have named and that we do not speak; "" where we do.
 * @param {string | undefined} locale */
export const unknownLocale = (locale) =>
  !locale || LANGUAGES.includes(partsOf(locale).language)
    ? ""
    : `data-locale="${locale}" is not a language of the widget. Use one of: ${[...LANGUAGES].sort().join(", ")}.`;

/**
 * The settings with the texts that visitors of `locale` read.
 * @param {import("../store.js").Config} config @param {string} locale
 */
export const inLanguage = (config, locale) => ({ ...config, ...config.texts?.[partsOf(locale).language] });

/** `locale` with a region: its own, or that of the first of the browser's languages that is the same language. A page in
 * English says `en`; whether its visitor reads 2:30 PM or 14:30, their browser knows.
 * @param {string} locale @param {readonly string[]} [browser] `navigator.languages` */
export function withRegion(locale, browser = []) {
  const { language, region } = partsOf(locale);
  if (region) return locale;
  const same = browser.map(partsOf).find((its) => its.language === language && its.region);
  return same ? `${language}-${same.region}` : locale;
}

/** @param {string} locale such as `de-CH`, `en_us` or `en-Latn-US` */
function partsOf(locale) {
  const [language, ...rest] = locale.split(/[-_]/);
  const region = rest.slice(0, 2).find((part) => part.length === 2);
  return { language: language.toLowerCase(), region: region?.toUpperCase() };
}

/** The time of day, written as the server writes that of a slot: 14:30, or 2:30 PM. @param {string} at
 * @param {string} locale */
export function clock(at, locale) {
  const date = new Date(at);
  const hour = date.getHours();
  const minute = twoDigits(date.getMinutes());
  if (!isEnglishOf(TWELVE_HOURS, locale)) return `${twoDigits(hour)}:${minute}`;
  return `${hour % 12 || 12}:${minute} ${hour < 12 ? "AM" : "PM"}`;
}

/** @param {number} part */
const twoDigits = (part) => String(part).padStart(2, "0");

/** The day, written as the server writes that of a slot. @param {string} at @param {string} locale */
export function dayOf(at, locale) {
  const english = isEnglishOf(MONTH_FIRST, locale) ? "en-US" : "en-GB";
  return new Intl.DateTimeFormat(partsOf(locale).language === "en" ? english : locale, {
    numberingSystem: "latn", // the digits of the server's times
    weekday: "long",
    day: "numeric",
    month: "long",
  }).format(new Date(at));
}

/** @param {string[]} regions @param {string} locale */
const isEnglishOf = (regions, locale) => {
  const { language, region = "" } = partsOf(locale);
  return language === "en" && regions.includes(region);
};

/** @param {string} sentence with `{name}` in it @param {Record<string, string | number>} values */
export const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));

/** @param {Plural} forms @param {number} count @param {string} locale */
export function count(forms, count, locale) {
  const form = forms[new Intl.PluralRules(locale).select(count)] ?? forms.other ?? "";
  return fill(form, { count });
}
