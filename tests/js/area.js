/**
 * A `Storage` over `rows`, which several may share as tabs do. One that has fallen behind reads what it knew then and its own
 * writes, as a tab in another process does until it learns of the others' writes.
 */
export function createArea(rows = new Map()) {
  /** @type {Map<string, string> | null} */
  let behind = null;
  const known = () => behind ?? rows;
  const all = () => (behind ? [rows, behind] : [rows]);
  return {
    get length() {
      return known().size;
    },
    key: (/** @type {number} */ at) => [...known().keys()][at] ?? null,
    getItem: (/** @type {string} */ name) => known().get(name) ?? null,
    setItem: (/** @type {string} */ name, /** @type {string} */ text) => all().forEach((one) => one.set(name, text)),
    removeItem: (/** @type {string} */ name) => all().forEach((one) => one.delete(name)),
    clear: () => all().forEach((one) => one.clear()),
    fallBehind: () => void (behind = new Map(rows)),
    catchUp: () => void (behind = null),
  };
}
