/** Which pages are meant by a path such as `/blog/*`, and when the page has become another without being loaded. */

/** @typedef {{ pathname: string, hash?: string }} Place */

/** A `*` stands for any text; a slash at the end makes no difference. With a `#`, the fragment counts too.
 * @param {string} pattern @param {Place} place */
export function isOn(pattern, { pathname, hash = "" }) {
  const whole = pattern.includes("#") ? readable(pathname) + readable(hash) : readable(pathname);
  const parts = trimmed(pattern)
    .split("*")
    .map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "su").test(trimmed(whole));
}

/** @param {string} path */
const trimmed = (path) => (path.length > 1 ? path.replace(/\/$/, "") : path);

/** @param {string} path */
function readable(path) {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

/** @param {{ showOn: string[], hideOn: string[] }} rules @param {Place} place */
export const isShownOn = ({ showOn, hideOn }, place) =>
  (showOn.length === 0 || showOn.some((path) => isOn(path, place))) && !hideOn.some((path) => isOn(path, place));

/** The invitation of a page: the first that is meant for it, else the general one.
 * @param {{ messages: [string, string][], teaser: string }} invitations @param {Place} place */
export const invitationOn = ({ messages, teaser }, place) =>
  messages.find(([path]) => isOn(path, place))?.[1] ?? teaser;

const LOOK_EVERY_MS = 500;

/** Single-page applications. Their router stays untouched: a browser without the Navigation API is looked at instead.
 * @param {() => void} moved @returns {() => void} stops it */
export function watchPlace(moved) {
  let last = location.href;
  const look = () => location.href !== last && ((last = location.href), moved());
  const navigation = /** @type {EventTarget | undefined} */ (/** @type {any} */ (window).navigation);
  if (navigation) {
    navigation.addEventListener("currententrychange", look);
    return () => navigation.removeEventListener("currententrychange", look);
  }
  const timer = setInterval(look, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}
