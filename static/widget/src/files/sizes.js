/** "120 kB", in the words of the language. @param {number} bytes @param {string} locale */
export function sizeOf(bytes, locale) {
  const large = bytes >= 1_000_000;
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: large ? "megabyte" : "kilobyte",
    unitDisplay: "short",
    maximumFractionDigits: large ? 1 : 0,
    numberingSystem: "latn",
  }).format(large ? bytes / 1_000_000 : Math.max(1, Math.round(bytes / 1_000)));
}
