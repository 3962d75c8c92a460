/** What a page and staff have set of the launcher, the invitations and the pages they are on: each is checked,
 * and reported in the browser's console if it is invalid. */

/**
 * @typedef {object} Outside as the server sends it
 * @property {"left" | "right"} [phone_position] @property {(number | null)[]} [offset] @property {(number | null)[]} [phone_offset]
 * @property {number} [z_index] @property {string[]} [show_on] @property {string[]} [hide_on]
 * @property {number} [teaser_after] @property {boolean} [teaser_on_exit] @property {boolean} [sound]
 *
 * @typedef {import("../loader/tag.js").Options} Options
 * @typedef {import("../store.js").Config} Config
 * @typedef {ReturnType<typeof readSettings>} Settings
 */

const LABEL_CHARS = 40;
const TEASER_CHARS = 160;

/** @param {(number | null)[] | undefined} offset @returns {string[]} */
const inPixels = (offset = []) => offset.map((part) => (part === null ? "" : `${part}px`));

/** What `text` says, or why it says nothing. @typedef {(text: string) => unknown} Reader */

/** @type {Record<string, [read: Reader, wanted: string]>} */
const READERS = {
  label: [(text) => text.length <= LABEL_CHARS && text, `a text of at most ${LABEL_CHARS} characters`],
  launcher: [(text) => isSelector(text) && text, 'a CSS selector, such as "#chat"'],
  position: [(text) => /^(left|right)$/.test(text) && text, '"left" or "right"'],
  phonePosition: [(text) => /^(left|right)$/.test(text) && text, '"left" or "right"'],
  offset: [pixels, 'one or two numbers of pixels, such as "24 80"'],
  phoneOffset: [pixels, 'one or two numbers of pixels, such as "16 80"'],
  zIndex: [(text) => isWhole(text, 2 ** 31 - 1) && text, "a whole number up to 2147483647"],
  teaser: [(text) => text.length <= TEASER_CHARS && text, `a text of at most ${TEASER_CHARS} characters`],
  teaserAfter: [(text) => isWhole(text, 600) && Number(text), "a whole number of seconds up to 600"],
  teaserOnExit: [flag, '"true" or "false"'],
  sound: [flag, '"true" or "false"'],
  showOn: [paths, 'paths such as "/prices, /blog/*"'],
  hideOn: [paths, 'paths such as "/prices, /blog/*"'],
  theme: [(text) => /^(light|dark|auto)$/.test(text) && text, '"light", "dark" or "auto"'],
  mode: [(text) => /^(page|inline)$/.test(text) && text, '"page" or "inline"'],
  accent: [(text) => CSS.supports("color", text) && text, 'a colour such as "#0f766e"'],
};

/** @param {string} text @param {number} most */
const isWhole = (text, most) => /^\d{1,10}$/.test(text) && Number(text) <= most;

/** @param {string} text */
function isSelector(text) {
  try {
    document.createDocumentFragment().querySelector(text);
    return true;
  } catch {
    return false;
  }
}

/** @param {string} text */
function pixels(text) {
  const parts = text.trim().split(/[\s,]+/);
  return (
    parts.length <= 2 &&
    parts.every((part) => /^\d{1,3}(px)?$/.test(part)) &&
    parts.map((part) => `${parseInt(part)}px`)
  );
}

/** As attributes of HTML are, and as texts of settings. @param {string} text @returns {"on" | "off" | false} */
function flag(text) {
  return /^(|true)$/.test(text) ? "on" : text === "false" && "off";
}

/** @param {string} text @returns {string[] | false} */
function paths(text) {
  const found = text.split(/[\s,]+/).filter(Boolean);
  return found.every((path) => /^[/*]/.test(path)) && found;
}

/** Of the page's own settings those that say something; the others are said to the site's owner by name.
 * @param {Options} options @param {(text: string) => void} [warn] @returns {Record<string, any>} */
export function checked(options, warn = (text) => console.warn(`Interworky: ${text}`)) {
  /** @type {Record<string, any>} */
  const found = {};
  const isSaid = "isSaid" in options; // by the loader, of which the panel knows nothing
  if (!isSaid) Object.defineProperty(options, "isSaid", { value: true });
  for (const [name, [read, wanted]] of Object.entries(READERS)) {
    const given = /** @type {any} */ (options)[name];
    if (given === undefined || given === null) continue;
    const text = Array.isArray(given) ? given.join(" ") : String(given);
    const said = read(text);
    if (said !== false) found[name] = said;
    else if (!isSaid)
      warn(`data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}="${text}" is not ${wanted}.`);
  }
  return found;
}

/** The page's settings before those of staff.
 * @param {Options} options @param {Config} config in the visitor's language @param {(text: string) => void} [warn] */
export function readSettings(options, config, warn) {
  const own = checked(options, warn);
  const { outside = {} } = config;
  const offset = own.offset ?? inPixels(outside.offset);
  const phoneOffset = own.phoneOffset ?? inPixels(outside.phone_offset);
  const position = own.position ?? config.position;
  return {
    label: /** @type {string} */ (own.label ?? config.launcher_label ?? ""),
    launcher: /** @type {string | undefined} */ (own.launcher),
    zIndex: /** @type {string | undefined} */ (own.zIndex ?? outside.z_index?.toString()),
    position: { wide: position, phone: own.phonePosition ?? own.position ?? (outside.phone_position || position) },
    offset: {
      wide: offset,
      phone: [phoneOffset[0] || offset[0], phoneOffset[1] || offset[1]],
    },
    showOn: /** @type {string[]} */ (own.showOn ?? outside.show_on ?? []),
    hideOn: /** @type {string[]} */ (own.hideOn ?? outside.hide_on ?? []),
    teaser: /** @type {string} */ (own.teaser ?? config.teaser ?? ""),
    messages: own.teaser === undefined ? messagesOf(config.page_messages) : [],
    teaserAfter: own.teaserAfter ?? outside.teaser_after ?? 10,
    teaserOnExit: own.teaserOnExit ? own.teaserOnExit === "on" : Boolean(outside.teaser_on_exit),
    sound: own.sound ? own.sound === "on" : Boolean(outside.sound),
  };
}

/** @param {string} [text] a path and a message on each line @returns {[path: string, message: string][]} */
const messagesOf = (text = "") =>
  text
    .split("\n")
    .map(
      (line) =>
        /** @type {[string, string]} */ (
          line
            .trim()
            .match(/^(\S+)\s+(.+)$/)
            ?.slice(1)
        ),
    )
    .filter(Boolean);
