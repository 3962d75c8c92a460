/** The panel: joins connection, store and views, once a visitor has shown intent. */
import "./built_ins.js"; // first: what follows needs them
import { createActions } from "./actions.js";
import { createSavedEntries } from "./saved_entries.js";
import { inLanguage, loadLocale, unknownLocale, withRegion } from "./locales/index.js";
import { createBackButton } from "./panel/back_button.js";
import { createClicks } from "./panel/clicks.js";
import { createConnection } from "./panel/connection.js";
import { emitChanges } from "./panel/page_events.js";
import { createRenderer } from "./panel/rendering.js";
import { createReceipts } from "./panel/receipts.js";
import { persist, restore } from "./panel/persistence.js";
import { remountable } from "./panel/remounting.js";
import { watchListeners } from "./panel/listeners.js";
import { watchSurroundings } from "./panel/surroundings.js";
import { followTheme } from "./panel/theme.js";
import { createPanelCommands } from "./panel/panel_commands.js";
import { createSession } from "./session.js";
import { createStore, initial } from "./store.js";
import css from "./styles/widget.css";
import { createPanel } from "./views/panel.js";
import { createTeaser } from "./views/teaser.js";

/**
 * @typedef {object} Loader what the loader has made already
 * @property {string} host @property {import("./store.js").Config} config
 * @property {import("./storage.js").Stored} storage
 * @property {HTMLElement} root @property {ShadowRoot} shadow
 * @property {HTMLElement} launcher
 * @property {import("./loader/tag.js").Options} options the page's
 * @property {(name: string, detail?: unknown) => void} emit
 */

/** @param {Loader} loader */
export async function mount(loader) {
  // What is not understood is said to the site's owner.
  if (/accent|osition|theme/.test(String(Object.keys(loader.options))))
    import("./outside/index.js").then(({ checked }) => void checked(loader.options)).catch(() => {});
  return remountable(loader, build, languageOf, await languageOf(loader));
}

/** The first of the languages that the page, the assistant and the browser name. @param {Loader} loader */
function languageOf({ config, options }) {
  const unknown = unknownLocale(options.locale);
  if (unknown) console.warn(`Interworky: ${unknown}`);
  return loadLocale(options.locale, document.documentElement.lang, config.locale, navigator.language);
}

/** @typedef {Awaited<ReturnType<typeof languageOf>>} Language */

/** @param {Loader} loader @param {Language} language */
function build({ host, config, storage: stored, root, shadow, launcher, options, emit }, language) {
  const { strings: t } = language;
  const mode = root.dataset.mode || "";
  const locale = withRegion(language.locale, navigator.languages);
  const storage = createSavedEntries(stored);
  const store = createStore(initial(inLanguage(config, locale), restore(storage)));
  const session = createSession(host, config.key, storage, (...request) => fetch(...request), locale);
  const { transport, outbox } = createConnection(host, store, session);
  const actions = createActions({ store, transport, storage, session });
  const picture = config.avatar ? pictureAt(host + config.avatar) : undefined;
  const clicks = createClicks(root);
  const panel = createPanel(actions, { t, voice: language.voice, locale, host, mode, picture, clicks });
  const teaser = createTeaser(() => commands.open());
  const commands = createPanelCommands({ store, transport, storage, actions, session, emit, focus: panel.focus });

  const detach = attach({ root, shadow, language, parts: [panel.el, teaser.el], press: panel.press });
  const follow = () => followTheme(root, options.accent ?? config.accent, options.theme);
  let stopTheme = follow();
  const label = () => root.dataset.label || t.chat;
  const render = createRenderer({ store, shadow, panel, teaser, launcher, clicks, label });
  const back = createBackButton(store, actions.close);
  const stopWatching = watchSurroundings(transport, store, storage, session);
  const receipts = createReceipts(store, transport);
  const unsubscribe = store.subscribe((state, before) => {
    render(state, before);
    persist(storage, state, before, mode);
    emitChanges(emit, state, before);
    // What there is to agree to comes with the session.
    if (state.open && state.connection === "idle" && state.config.consent) transport.open();
    if (state.open !== before.open && !mode) void back();
    if (state.connection === "online" && before.connection !== "online") commands.introduce();
    outbox.update(state, before);
    receipts.update();
  });

  emit("ready", { voice: config.voice, voice_reason: config.voice_reason });
  return {
    ...commands,
    isOpen: () => store.get().open,
    /** As the options say now. */
    dress() {
      stopTheme();
      stopTheme = follow();
    },
    destroy() {
      detach();
      unsubscribe();
      clicks.destroy();
      transport.close();
      panel.destroy();
      stopWatching();
      receipts.destroy();
      stopTheme();
    },
  };
}

/** Where it cannot be fetched, it never comes, and its first letter stays. @param {string} address */
const pictureAt = (address) =>
  import("./avatar/index.js")
    .then(({ fetchPicture }) => fetchPicture(address))
    .catch(() => /** @type {Promise<import("./avatar/index.js").Draw>} */ (new Promise(() => {})));

/** @typedef {ReturnType<typeof build>} Built */
/** @typedef {Awaited<ReturnType<typeof mount>>} Panel */

/**
 * @param {object} shown
 * @param {HTMLElement} shown.root @param {ShadowRoot} shown.shadow @param {HTMLElement[]} shown.parts
 * @param {{ locale: string, dir: string }} shown.language
 * @param {(event: KeyboardEvent) => void} shown.press
 * @returns {() => void} takes it all away again
 */
function attach({ root, shadow, language, parts, press }) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
  root.lang = language.locale;
  root.dir = language.dir;
  root.prepend(...parts);
  // A page's shortcut must not fire for what is typed to us, nor its dialog take the focus back.
  const listening = new AbortController();
  const { signal } = listening;
  for (const name of ["keydown", "keyup", "keypress", "focusin"])
    root.addEventListener(name, (event) => event.stopPropagation(), { signal });
  root.addEventListener("keydown", press, { signal });
  const forget = watchListeners(shadow.host, () => /** @type {any} */ (window).Interworky?.init({}));
  return () => {
    forget();
    listening.abort();
    for (const part of parts) part.remove();
    shadow.adoptedStyleSheets = shadow.adoptedStyleSheets.filter((other) => other !== sheet);
  };
}
