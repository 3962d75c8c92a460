/** The widget on a page before it is opened: the position and the label of its launcher, invitations, the pages it is shown
 * on, a button of the page's own, a sound. Fetched by the loader where the page or staff have set any of these. */
import { h } from "../dom.js";
import { inLanguage, loadLocale, withRegion } from "../locales/index.js";
import { createInvitation } from "./invitation.js";
import css from "./outside.css";
import { invitationOn, isShownOn, watchPlace } from "./pages.js";
import { checked, readSettings } from "./settings.js";
import { chime } from "./sound.js";

export { checked };

const PHONE = "(max-width: 640px)";

/**
 * @typedef {object} Loader
 * @property {string} host @property {string} key @property {import("../loader/tag.js").Options} options
 * @property {import("../storage.js").Stored} storage
 * @property {HTMLElement} root @property {ShadowRoot} shadow @property {HTMLElement} launcher
 * @property {ReturnType<typeof import("../loader/commands.js").createEvents>} events
 * @property {import("../loader/commands.js").Commands} commands
 * @property {(config: import("../store.js").Config) => void} dress
 */

/** @param {Loader} loader */
export async function begin(loader) {
  const { host, key, options, storage, root, shadow, launcher, events, commands, dress } = loader;
  // As the panel asks for it: the browser answers the second time.
  const response = await fetch(`${host}/api/v1/widget/config/${encodeURIComponent(key)}`);
  if (!response.ok) throw new Error(`config: ${response.status}`);
  const found = await response.json();
  storage.set("config", found);
  const { strings: t, ...language } = await loadLocale(
    options.locale,
    document.documentElement.lang,
    found.locale,
    navigator.language,
  );
  const config = inLanguage(found, withRegion(language.locale, navigator.languages));
  const settings = readSettings(options, config);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
  const listening = new AbortController();

  const place = () => stand(root, shadow, options, settings, config, dress);
  const phone = matchMedia(PHONE);
  phone.addEventListener("change", place, { signal: listening.signal });
  place();
  name(launcher, root, settings.label);

  const words = { dismiss: t.dismiss, label: config.title || config.name };
  const invitation = createInvitation({ root, storage, settings, words, open: () => commands.open() });
  invitation.el.dir = language.dir;
  const own = settings.launcher ? followOwn(settings.launcher, loader, listening.signal) : () => {};

  function look() {
    const isPart = Boolean(root.dataset.mode); // or the whole, of a page that wants it there
    root.hidden = !isPart && !isShownOn(settings, location);
    own();
    invitation.expect(root.hidden || isPart ? "" : invitationOn(settings, location));
  }
  look();
  const stopWatching = watchPlace(look);
  const off = [
    events.on("open", () => invitation.done()),
    events.on("message:received", () => settings.sound && isUnseen(root) && chime()),
    events.on("destroyed", () => {
      listening.abort();
      stopWatching();
      invitation.destroy();
      off.forEach((stop) => stop());
    }),
  ];
}

/** Where the launcher stands on this device. What the page's own styles say of it goes first.
 * @param {HTMLElement} root @param {ShadowRoot} shadow @param {Loader["options"]} options
 * @param {import("./settings.js").Settings} settings @param {import("../store.js").Config} config @param {Loader["dress"]} dress */
function stand(root, shadow, options, { position, offset, zIndex }, config, dress) {
  const device = matchMedia(PHONE).matches ? "phone" : "wide";
  options.position = position[device];
  dress(config);
  const [x, y = x] = offset[device];
  if (x) root.style.setProperty("--x", `var(--interworky-x, ${x})`);
  if (y) root.style.setProperty("--y", `var(--interworky-y, ${y})`);
  const el = /** @type {HTMLElement} */ (shadow.host);
  if (zIndex && !getComputedStyle(el).getPropertyValue("--interworky-z"))
    el.style.setProperty("--interworky-z", zIndex);
}

/** @param {HTMLElement} launcher @param {HTMLElement} root @param {string} label */
function name(launcher, root, label) {
  if (!label) return;
  root.dataset.label = label; // the panel calls it by this name too
  launcher.setAttribute("aria-label", label);
  launcher.append(h("span", { class: "launcher-label", dir: "auto" }, label));
}

/** A button of the page's own in place of ours, on the pages that have one.
 * @param {string} selector @param {Loader} loader @param {AbortSignal} signal @returns {() => void} looks for it again */
function followOwn(selector, { launcher, commands, events, options }, signal) {
  const own = (/** @type {Event} */ event) => event.target instanceof Element && event.target.closest(selector);
  const intent = (/** @type {Event} */ event) => own(event) && launcher.dispatchEvent(new Event("pointerenter"));
  document.addEventListener(
    "click",
    (event) => {
      if (!own(event)) return;
      event.preventDefault(); // it may be a link
      commands.toggle();
    },
    { signal },
  );
  document.addEventListener("pointerover", intent, { signal, passive: true });
  document.addEventListener("focusin", intent, { signal });
  let missed = false;

  function look() {
    const found = document.querySelectorAll(selector);
    for (const one of found) {
      one.setAttribute("aria-haspopup", "dialog");
      one.setAttribute("aria-expanded", String(Boolean(launcher.getAttribute("aria-expanded") === "true")));
    }
    launcher.hidden = found.length > 0 || "hidden" in options;
    if (!found.length && document.readyState === "complete" && !missed) {
      missed = true;
      console.warn(
        `Interworky: no element on this page matches data-launcher="${selector}"; the chat's own button is shown.`,
      );
    }
  }
  addEventListener("load", () => setTimeout(look), { signal });
  for (const event of ["open", "close"]) events.on(event, () => queueMicrotask(look));
  return look;
}

/** @param {HTMLElement} root */
const isUnseen = (root) => document.hidden || !root.querySelector(".panel:not([hidden])");
