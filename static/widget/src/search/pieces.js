/** The pieces of a text that was found, and which of them are marked; `marks` are places in code points.
 * @param {{ text: string, marks: [number, number][] }} found @returns {[text: string, isMarked: boolean][]} */
export function pieces({ text, marks }) {
  const letters = [...text];
  const part = (/** @type {number} */ from, /** @type {number} */ to) => letters.slice(from, to).join("");
  /** @type {[string, boolean][]} */
  const found = [];
  let end = 0;
  for (const [from, to] of marks) {
    found.push([part(end, from), false], [part(from, to), true]);
    end = to;
  }
  found.push([part(end, letters.length), false]);
  return found.filter(([piece]) => piece);
}
