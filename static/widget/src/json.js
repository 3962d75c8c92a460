/**
 * JSON of plain values, whatever the page has done to the prototypes: `JSON.stringify` asks every object for `toJSON`, and
 * Prototype.js gives arrays one that returns a string.
 */

/** @param {unknown} value objects, arrays, strings, numbers, booleans and null; undefined entries are left out
 * @returns {string} */
export function toJson(value) {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const isList = Array.isArray(value);
  const parts = [];
  for (const name of Object.keys(value)) {
    const entry = /** @type {Record<string, unknown>} */ (value)[name];
    if (isList) parts.push(toJson(entry));
    else if (entry !== undefined) parts.push(`${JSON.stringify(name)}:${toJson(entry)}`);
  }
  return isList ? `[${parts}]` : `{${parts}}`;
}
