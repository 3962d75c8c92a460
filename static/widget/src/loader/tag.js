/** The script tag that a site has pasted. */

/**
 * @typedef {object} Tag
 * @property {string} host where the script came from: `https://chat.example.com`
 * @property {string} key the assistant's public key
 * @property {DOMStringMap} options the tag's data-* attributes
 */

/** @returns {Tag | undefined} nothing where the tag has no key */
export function readTag() {
  const script = /** @type {HTMLScriptElement | null} */ (
    document.currentScript ?? document.querySelector("script[data-key][src], script[data-api-key][src]")
  );
  const options = script?.dataset;
  const key = options?.key ?? options?.apiKey;
  if (script && options && key) return { host: new URL(script.src).origin, key, options };
  console.warn("Interworky: the script tag needs a data-key attribute.");
}

/** How the assistant looked when its tag was copied, as `data-look="#0f766e left"`: the first frame of the first visit.
 * @param {string} [look] */
export function lookOf(look = "") {
  const [accent, position] = look.split(" ");
  return { accent, position };
}
