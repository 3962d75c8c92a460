/** Every state of the widget in every theme on one page, for staff to look at and for a test to. No server answers here. */
import { drawer } from "../avatar/index.js";
import { palette } from "../colour.js";
import { h, icon } from "../dom.js";
import { show } from "../ending/index.js";
import { CHAT } from "../icons.js";
import { loadLocale } from "../locales/index.js";
import outsideCss from "../outside/outside.css";
import { followTheme } from "../panel/theme.js";
import { openSearch } from "../search/index.js";
import { createStore, initial } from "../store.js";
import launcherCss from "../styles/launcher.css";
import css from "../styles/widget.css";
import { createLauncherState } from "../views/launcher_state.js";
import { createClicks } from "../panel/clicks.js";
import { createPanel } from "../views/panel.js";
import { CONFIG, STATES } from "./states.js";

/** @type {Record<string, { theme: string, locale: string, accent?: string }>} */
const LOOKS = {
  light: { theme: "light", locale: "en" },
  dark: { theme: "dark", locale: "en" },
  "right to left": { theme: "light", locale: "ar" },
  "pale accent": { theme: "light", locale: "en", accent: "#ffe680" },
};

/** @type {Record<string, { label?: string, unread?: number, busy?: boolean, open?: boolean }>} */
const LAUNCHERS = {
  launcher: {},
  unread: { unread: 3 },
  busy: { busy: true },
  open: { open: true },
  "with a text": { label: "Questions? Chat with us" },
};

const sheets = [launcherCss, css, outsideCss].map((text) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
});

/** A widget's element with its root, in the look. @param {typeof LOOKS[string]} look @param {string} dir @param {string} mode */
function createRoot({ theme, locale, accent = CONFIG.accent }, dir, mode) {
  const host = document.createElement("interworky-widget");
  const shadow = host.attachShadow({ mode: "open" });
  shadow.adoptedStyleSheets = sheets;
  const root = h("div", { class: "root", lang: locale, dir, "data-mode": mode, "data-position": "right" });
  shadow.append(root);
  if (mode) host.toggleAttribute("inline", true);
  const { accent: colour, onAccent } = palette(accent, "#ffffff");
  root.style.setProperty("--accent", colour);
  root.style.setProperty("--on-accent", onAccent);
  followTheme(root, accent, theme);
  return { host, root };
}

/** @param {string} name @param {HTMLElement} host @param {string} look */
const figure = (name, host, look) =>
  h(
    "figure",
    { "data-state": name, "data-look": look },
    h("figcaption", null, name),
    h("div", { class: "place" }, host),
  );

/** @param {string} look @param {Awaited<ReturnType<typeof loadLocale>>} language @param {string} name */
function drawState(look, { strings: t, locale, dir }, name) {
  const { state, press, choose, fails, open } = STATES[name];
  const { host, root } = createRoot(LOOKS[look], dir, "inline");
  const store = createStore(state);
  const parts = /** @type {any} */ ({ store, session: { token: async () => "" }, send: async () => true });
  const picture = state.config.avatar ? Promise.resolve(drawer(drawFace())) : undefined;
  const clicks = createClicks(root);
  const page = { t, locale, host: location.origin, mode: "inline", picture, announce() {}, clicks };
  // Whatever is pressed here does nothing, but for the sheets.
  const actions = /** @type {any} */ (
    new Proxy(
      {
        // Without a token nothing is sent.
        token: () => (choose && !fails ? new Promise(() => {}) : Promise.reject(new Error("There is no server."))),
        /** @param {any} wish @param {Element} near */
        ask: async (wish, near) => show(parts, wish, near, page),
        /** @param {Element} near */
        search: async (near) => openSearch(parts, near, page),
      },
      { get: (own, act) => Reflect.get(own, act) ?? (async () => {}) },
    )
  );
  const panel = createPanel(actions, page);
  root.append(panel.el);
  panel.update(store.get(), initial(CONFIG));
  const shown = figure(name, host, look);
  if (press && press !== "menu") queueMicrotask(() => pressButton(root, t, press));
  if (choose) busy.push(chooseFiles(root, choose));
  if (open) busy.push(openFile(root));
  return shown;
}

/** What is loaded and done before the gallery is ready. @type {Promise<void>[]} */
const busy = [];

/** @param {HTMLElement} root @param {string} selector @returns {Promise<any>} what a module that is still loaded adds */
async function found(root, selector) {
  for (;;) {
    const element = root.querySelector(selector);
    if (element) return element;
    await new Promise(requestAnimationFrame);
  }
}

/** @param {HTMLElement} root @param {[string, number][]} files */
async function chooseFiles(root, files) {
  const input = await found(root, "input[type=file]");
  const chosen = new DataTransfer();
  for (const [name, size] of files) chosen.items.add(new File([new Uint8Array(size)], name));
  input.files = chosen.files;
  input.dispatchEvent(new Event("change"));
}

/** @param {HTMLElement} root */
async function openFile(root) {
  (await found(root, ".files .file")).click();
}

/** Somebody's picture, for want of a server that has one. */
function drawFace() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 128, height: 128 });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  /** @param {string} colour @param {number} x @param {number} y @param {number} radius */
  const disc = (colour, x, y, radius) => {
    pen.fillStyle = colour;
    pen.beginPath();
    pen.arc(x, y, radius, 0, 7);
    pen.fill();
  };
  pen.fillStyle = "#f2c9a1";
  pen.fillRect(0, 0, 128, 128);
  disc("#3b5b7a", 64, 138, 50);
  disc("#5a3825", 64, 48, 32);
  disc("#f9e0c7", 64, 58, 25);
  return canvas;
}

/** @param {HTMLElement} root @param {any} t @param {string} name */
function pressButton(root, t, name) {
  const isMeant = (/** @type {HTMLButtonElement} */ { ariaLabel, textContent }) =>
    (ariaLabel ?? textContent) === t[name];
  [...root.querySelectorAll("button")].find(isMeant)?.click();
}

/** @param {string} look @param {Awaited<ReturnType<typeof loadLocale>>} language @param {string} name */
function drawLauncher(look, { dir }, name) {
  const { label, unread = 0, busy = false, open = false } = LAUNCHERS[name];
  const { host, root } = createRoot(LOOKS[look], dir, "");
  const launcher = h("button", { type: "button", class: "launcher" }, icon(CHAT));
  createLauncherState(launcher)(open, unread, label ?? "Chat");
  launcher.removeAttribute("aria-controls");
  launcher.setAttribute("aria-busy", String(busy));
  if (label) launcher.append(h("span", { class: "launcher-label" }, label));
  root.append(launcher);
  const shown = figure(name === "launcher" ? name : `launcher: ${name}`, host, look);
  shown.classList.add("small");
  return shown;
}

/** @param {HTMLElement} place */
async function begin(place) {
  const asked = new URLSearchParams(location.search);
  for (const look of Object.keys(LOOKS)) {
    if ((asked.get("look") ?? look) !== look) continue;
    const language = await loadLocale(asked.get("locale") ?? LOOKS[look].locale);
    place.append(
      h("h2", null, look),
      h(
        "div",
        { class: `states ${LOOKS[look].theme}` },
        Object.keys(LAUNCHERS).map((name) => drawLauncher(look, language, name)),
        Object.keys(STATES).map((name) => drawState(look, language, name)),
      ),
    );
    await Promise.all(busy);
    // The menu last: it closes when the focus goes elsewhere.
    const menu = place.querySelector(`[data-state=menu][data-look="${look}"] interworky-widget`);
    setTimeout(() => pressButton(/** @type {any} */ (menu?.shadowRoot?.firstElementChild), language.strings, "menu"));
  }
  place.dataset.ready = "";
}

const place = document.getElementById("gallery");
if (place) void begin(place);
