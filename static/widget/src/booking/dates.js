/** Days without hours: "2030-01-08" and back, counted in UTC so that no clock change moves one. */

/** @param {string} day */
export const dateOf = (day) => new Date(`${day}T00:00:00Z`);

/** @param {Date} date */
const dayOf = (date) => date.toISOString().slice(0, 10);

/** @param {string} day @param {number} count */
export function addDays(day, count) {
  const date = dateOf(day);
  date.setUTCDate(date.getUTCDate() + count);
  return dayOf(date);
}

/** The same day of another month, or that month's last. @param {string} day @param {number} count */
export function addMonths(day, count) {
  const date = dateOf(`${day.slice(0, 7)}-01`);
  date.setUTCMonth(date.getUTCMonth() + count + 1, 0);
  const last = date.getUTCDate();
  date.setUTCDate(Math.min(last, Number(day.slice(8))));
  return dayOf(date);
}

/** The day of the week that a week begins with: 0 is Sunday. Source: CLDR, which browsers know under two names; where they
 * do not, Monday, as ISO 8601 has it. @param {string} locale */
export function firstWeekday(locale) {
  try {
    const known = /** @type {any} */ (new Intl.Locale(locale));
    return ((known.getWeekInfo?.() ?? known.weekInfo)?.firstDay ?? 1) % 7;
  } catch {
    return 1;
  }
}

/** The weeks of a month, each of seven days of it or of the months beside it. @param {string} month @param {number} first */
export function weeksOf(month, first) {
  const begins = dateOf(`${month}-01`);
  let day = addDays(`${month}-01`, -((begins.getUTCDay() - first + 7) % 7));
  const weeks = [];
  do {
    weeks.push(Array.from({ length: 7 }, (_, place) => addDays(day, place)));
    day = addDays(day, 7);
  } while (day.startsWith(month));
  return weeks;
}

/** How long something takes, such as "45 min" or "1 hr 30 min". @param {number} minutes @param {string} locale */
export function lengthOf(minutes, locale) {
  const part = (/** @type {number} */ count, /** @type {string} */ unit) =>
    count
      ? new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short", numberingSystem: "latn" }).format(
          count,
        )
      : "";
  return [part(Math.floor(minutes / 60), "hour"), part(minutes % 60, "minute")].filter(Boolean).join(" ");
}
