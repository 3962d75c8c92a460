/**
 * The one script a customer pastes. It shows the launcher at once and asks for nothing more until a visitor shows
 * intent, or until an answer is due from an earlier page.
 */
import { asColour, palette } from "./colour.js";
import { h } from "./dom.js";
import { createCommands, createEvents } from "./loader/commands.js";
import { attachHost } from "./loader/host.js";
import { createLoad } from "./loader/load.js";
import { lookOf, readTag } from "./loader/tag.js";
import { launcherLabel } from "./locales/launcher.js";
import { createStorage } from "./storage.js";
import css from "./styles/launcher.css";
import { createLauncher } from "./views/launcher.js";

const page = /** @type {any} */ (window);
const INLINE = "interworky-chat";
/** Settings, and the mark in `data-look`, with which there is more to the widget than its launcher before it is opened. */
const OUTSIDE = /label|launcher|offset|phone|zIndex|teaser|showOn|hideOn|sound|more$/;
const tag = readTag();
if (tag && !page.Interworky?.destroy) {
  try {
    begin(tag);
  } catch (error) {
    apart(tag, error);
  }
}

/** In a frame of its own, where it cannot run in the page: its commands, or nothing where it cannot run there either.
 * @param {import("./loader/tag.js").Tag} tag @param {any} reason */
function apart(tag, reason) {
  return import(`${tag.host}/widget/new/frame.js`).then(({ begin }) => begin(tag, reason)).catch(() => {});
}

/** Without a key, the page says later, with `init()`, which assistant it wants. @param {import("./loader/tag.js").Tag} tag */
function begin({ host, options }) {
  /** @param {import("./loader/tag.js").Options} changes */
  const init = (changes) => begin({ host, options: { ...options, ...changes } });
  const key = options.key ?? options.apiKey;
  if (key) start(options.host ?? host, key, options, init);
  else page.Interworky = { init };
}

/**
 * @param {string} host @param {string} key @param {import("./loader/tag.js").Options} options
 * @param {(changes: import("./loader/tag.js").Options) => void} restart
 */
function start(host, key, options, restart) {
  const storage = createStorage(key);
  const look = storage.get("config");
  const events = createEvents(document);
  const label = launcherLabel(options.locale || document.documentElement.lang || look?.locale);
  const launcher = createLauncher({
    label,
    onIntent: () => load.panel().catch(() => {}),
    onPress: () => commands.toggle(),
  });
  const root = h("div", { class: "root" }, launcher);
  const { shadow, begin, inject, remove } = attachHost(root, css);
  const dress = (/** @type {Look} */ config) => showLook(root, options, config);
  dress(look ?? lookOf(options.look));

  const load = createLoad(
    host,
    key,
    (config, { mount }) => {
      storage.set("config", config);
      dress(config);
      return mount({ host, config, storage, root, shadow, launcher, options, emit: events.emit });
    },
    (reason) => apart({ host, options }, reason),
  );
  const commands = createCommands({
    load,
    events,
    storage,
    onBusy: (busy) => launcher.setAttribute("aria-busy", String(busy)),
    onHide: (hidden) => void (launcher.hidden = hidden),
    inject(container) {
      root.dataset.mode = container ? "inline" : "";
      inject(container);
      if (container) commands.open();
    },
    remove,
    end(again) {
      events.emit("destroyed");
      delete page.Interworky;
      if (again) restart(again);
    },
  });

  launcher.hidden = Object.hasOwn(options, "hidden"); // the page has a button of its own
  if (look?.outside || OUTSIDE.test(`${Object.keys(options)} ${options.look}`))
    showMore(look?.version ?? "new", { host, key, options, storage, root, shadow, launcher, events, commands, dress });

  publish(commands);
  if (options.mode !== "inline") begin();
  if (options.mode === "page") {
    root.dataset.mode = "page";
    commands.open();
  } else if (storage.get("session") && (storage.get("open") || storage.get("waiting"))) {
    load.panel().then(
      (panel) => panel.resume?.(reopens(storage.get("open"))), // in a frame, what runs there does so
      () => {},
    );
  }
}

/** @param {string} version @param {import("./outside/index.js").Loader} loader */
function showMore(version, loader) {
  loader.root.hidden = true; // until it is known whether this page is to show it
  import(`${loader.host}/widget/${version}/outside.js`)
    .then(({ begin }) => begin(loader))
    .catch(() => (loader.root.hidden = false));
}

/** @typedef {{ accent?: string, position?: string }} Look */

/** The page's options come before what staff have set.
 * @param {HTMLElement} root @param {import("./loader/tag.js").Options} options @param {Look} config */
function showLook(root, options, config) {
  const { accent, onAccent } = palette(asColour(options.accent ?? config.accent), "#ffffff");
  root.style.setProperty("--accent", accent);
  root.style.setProperty("--on-accent", onAccent);
  root.dataset.position = (options.position ?? config.position) === "left" ? "left" : "right";
}

/** For the page's scripts, which may have queued commands, and for its elements.
 * @param {import("./loader/commands.js").Commands} commands */
function publish(commands) {
  const queued = page.Interworky;
  page.Interworky = commands;
  if (Array.isArray(queued)) commands.push(...queued);
  try {
    // Where the page puts this element, the chat is part of the page.
    if (!customElements.get(INLINE))
      customElements.define(
        INLINE,
        class extends HTMLElement {
          connectedCallback() {
            page.Interworky?.inject(this);
          }
          disconnectedCallback() {
            page.Interworky?.remove();
          }
        },
      );
  } catch {
    // A page's own registry of elements may refuse ours: then the chat is not part of the page, and there all the same.
  }
}

/** A reply that was being typed goes on here. A small screen is not covered again on a new page.
 * @param {unknown} open */
function reopens(open) {
  const [navigation] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  return Boolean(open) && (!matchMedia("(max-width: 640px)").matches || navigation?.type === "reload");
}
