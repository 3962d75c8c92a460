/** The script tag that a site has pasted, and the settings that its page has made before. */

/**
 * @typedef {object} Options as attributes of the tag (`data-z-index`), or in `window.interworkySettings` (`zIndex`)
 * @property {string} [key] the assistant's public key @property {string} [apiKey] the same
 * @property {string} [host] where the server is, if not where the script came from
 * @property {string} [look] @property {string} [accent] @property {string} [position] @property {string} [theme]
 * @property {string} [locale] @property {string} [mode] `page`, or `inline`: only in `<interworky-chat>`
 * @property {string} [label] @property {string} [launcher] @property {string} [phonePosition] @property {string} [offset]
 * @property {string} [phoneOffset] @property {string} [zIndex] @property {string} [teaser] @property {string} [teaserAfter]
 * @property {string} [teaserOnExit] @property {string} [showOn] @property {string} [hideOn] @property {string} [sound]
 * @property {string} [hidden] the launcher is not shown until `show()`: the page has a button of its own
 *
 * @typedef {object} Tag
 * @property {string} host `https://chat.example.com`
 * @property {Options} options
 */

/** @returns {Tag | undefined} nothing where there is no script to tell the server by */
export function readTag() {
  const script = /** @type {HTMLScriptElement | null} */ (
    document.currentScript ?? document.querySelector("script[data-key][src], script[data-api-key][src]")
  );
  const settings = /** @type {any} */ (window).interworkySettings;
  if (script) return { host: String(/^\w+:..[^/]+/.exec(script.src)), options: { ...settings, ...script.dataset } };
}

/** How the assistant looked when its tag was copied, as `data-look="#0f766e left"`: the first frame of the first visit.
 * @param {string} [look] */
export function lookOf(look = "") {
  const [accent, position] = look.split(" ");
  return { accent, position };
}
