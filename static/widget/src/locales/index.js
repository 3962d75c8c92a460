import ar from "./ar.js";
import de from "./de.js";
import en from "./en.js";
import es from "./es.js";
import fr from "./fr.js";

/** @typedef {Record<keyof typeof en, string>} Strings */

/** @type {Record<string, Strings>} */
export const LOCALES = { ar, de, en, es, fr };

const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur"]);

/** The first of `wanted` that we speak; English otherwise. @param {...(string | undefined | null)} wanted */
export function chooseLocale(...wanted) {
  const locale = wanted.find((name) => name && language(name) in LOCALES) ?? "en";
  const lang = language(locale);
  return { locale, strings: LOCALES[lang], dir: RIGHT_TO_LEFT.has(lang) ? "rtl" : "ltr" };
}

/**
 * The settings with the texts that visitors of `locale` read.
 * @param {import("../store.js").Config} config @param {string} locale
 */
export const inLanguage = (config, locale) => ({ ...config, ...config.texts?.[language(locale)] });

/** @param {string} locale such as `de-CH` */
const language = (locale) => locale.toLowerCase().split(/[-_]/)[0];

/** The time of day, written as the server writes that of a slot. @param {string} at @param {string} locale */
export const clock = (at, locale) =>
  new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(at));

/** @param {string} sentence with `{name}` in it @param {Record<string, string | number>} values */
export const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
