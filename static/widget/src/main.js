/** Joins config, transport, store and views, once a visitor has shown intent. */
import { createActions } from "./actions.js";
import { asColour, palette } from "./colour.js";
import { chooseLocale } from "./locales/index.js";
import { createKept } from "./kept.js";
import { createOutbox } from "./outbox.js";
import { createSession } from "./session.js";
import { createStore, initial, isWaiting, unread } from "./store.js";
import css from "./styles/widget.css";
import { createTransport } from "./transport/index.js";
import { createPanel } from "./views/panel.js";
import { createTeaser } from "./views/teaser.js";

const STAFF_TYPES_FOR_MS = 6_000;
const SURFACE = { light: "#ffffff", dark: "#16181d" };

/**
 * @param {object} loader what the loader has made already
 * @param {string} loader.host @param {import("./store.js").Config} loader.config
 * @param {import("./storage.js").Stored} loader.storage
 * @param {HTMLElement} loader.root @param {ShadowRoot} loader.shadow
 * @param {import("./views/launcher.js").Launcher} loader.launcher
 * @param {DOMStringMap} loader.options the script tag's data-* attributes
 * @param {(name: string, detail?: unknown) => void} loader.emit
 */
export function mount({ host, config, storage: stored, root, shadow, launcher, options, emit }) {
  const {
    locale,
    strings: t,
    dir,
  } = chooseLocale(options.locale, document.documentElement.lang, config.locale, navigator.language);
  const storage = createKept(stored);
  const kept = storage.read();
  const store = createStore(
    initial(config, { seen: kept.seen ?? 0, draft: kept.draft ?? "", pending: kept.outbox ?? [] }),
  );
  const session = createSession(host, config.key, storage, (...request) => fetch(...request), locale);
  /** @type {any} */
  let quiet;
  let token = "";
  const world = {
    WebSocket: window.WebSocket,
    fetch: fetch.bind(window),
    setTimeout: (/** @type {() => void} */ run, /** @type {number} */ ms) => setTimeout(run, ms),
    clearTimeout: (/** @type {any} */ timer) => clearTimeout(timer),
    random: Math.random,
  };
  const transport = createTransport(
    {
      host,
      token: async (spent) => (token = await session.token(spent)),
      after: () => store.get().seq,
      missed: () => store.get().gap,
      onEvent(event) {
        store.dispatch(event);
        outbox.hear(event);
        if (event.type === "staff.typing") {
          clearTimeout(quiet);
          quiet = setTimeout(() => store.dispatch({ type: "staff.quiet" }), STAFF_TYPES_FOR_MS);
        }
      },
      onSaved: (id) => outbox.has(id),
      onStatus(connection) {
        store.dispatch({ type: "connection.changed", connection });
        if (connection === "refused")
          console.warn(
            `Interworky: ${location.origin} may not show this assistant; add it to the organization's allowed origins.`,
          );
      },
    },
    world,
  );
  const outbox = createOutbox(store, transport, world);
  const actions = createActions({ store, transport, storage, session });
  const panel = createPanel(actions, { t, locale, host, isPage: options.mode === "page" });
  const teaser = createTeaser(() => verbs.open());

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
  root.lang = locale;
  root.dir = dir;
  root.prepend(panel.el, teaser.el);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dress();

  function dress() {
    const theme =
      options.theme === "dark" || options.theme === "light" ? options.theme : dark.matches ? "dark" : "light";
    const colours = palette(asColour(options.accent ?? config.accent), SURFACE[theme]);
    root.dataset.theme = theme;
    root.style.setProperty("--accent", colours.accent);
    root.style.setProperty("--on-accent", colours.onAccent);
    root.style.setProperty("--accent-text", colours.accentText);
  }

  let drawn = store.get();
  let frame = 0;
  function draw() {
    cancelAnimationFrame(frame);
    frame = 0;
    const [state, before] = [store.get(), drawn];
    drawn = state;
    const hadFocus = panel.el.contains(shadow.activeElement);
    panel.update(state, before);
    teaser.update(state);
    launcher.update({ open: state.open, unread: unread(state), label: t.chat, controls: "panel" });
    if (hadFocus && !state.open) launcher.el.focus();
  }
  draw();

  const stop = store.subscribe((state, before) => {
    if (state.open !== before.open) draw();
    else frame ||= requestAnimationFrame(draw);
    keep(state, before);
    tell(state, before);
    if (state.connection === "online" && before.connection !== "online") introduce();
    outbox.update(state, before);
  });

  /** @type {{ name?: string, email?: string }} */
  let visitor = {};

  function introduce() {
    if (visitor.name || visitor.email) transport.send({ type: "visitor.update", ...visitor });
  }

  /** @param {import("./store.js").State} state @param {import("./store.js").State} before */
  function keep(state, before) {
    for (const { id } of before.pending) if (!state.pending.some((message) => message.id === id)) storage.drop(id);
    if (state.open !== before.open) storage.write({ open: state.open || undefined });
    if (state.seen !== before.seen) storage.write({ seen: state.seen || undefined });
    if (isWaiting(state) !== isWaiting(before)) storage.write({ waiting: isWaiting(state) || undefined });
  }

  /** @param {import("./store.js").State} state @param {import("./store.js").State} before */
  function tell(state, before) {
    if (state.open !== before.open) emit(state.open ? "open" : "close");
    if (unread(state) !== unread(before)) emit("unread", { count: unread(state) });
    if (state.conversation?.state !== before.conversation?.state)
      emit("conversation", { state: state.conversation?.state });
    if (state.problem && state.problem !== before.problem) emit("error", { code: state.problem.code });
    if (state.conversation?.id !== before.conversation?.id || before.connection !== "online") return; // a replay
    for (const item of state.items) {
      if (item.seq <= before.seq) continue;
      if (item.kind === "message")
        emit(item.message.role === "visitor" ? "message:sent" : "message:received", {
          id: item.id,
          role: item.message.role,
        });
      if (item.kind === "card") emit("card", { id: item.id, kind: item.card.kind });
    }
  }

  // A page's shortcut must not fire for what is typed to us.
  for (const name of ["keydown", "keyup", "keypress"]) root.addEventListener(name, (event) => event.stopPropagation());
  root.addEventListener("keydown", panel.press);

  const wake = () => document.visibilityState === "visible" && transport.wake();
  /** Another tab has begun another conversation, or become another visitor. @param {StorageEvent} event */
  function elsewhere({ key }) {
    if (key !== storage.name || !token) return;
    const now = storage.read().session?.token;
    if (now && now !== token) transport.restart();
  }
  /** @type {[EventTarget, string, any][]} */
  const watched = [
    [document, "visibilitychange", wake],
    [window, "online", wake],
    [window, "pageshow", wake],
    [window, "storage", elsewhere],
    [dark, "change", dress],
  ];
  for (const [target, name, listener] of watched) target.addEventListener(name, listener);

  const verbs = {
    open() {
      if (store.get().open) return;
      const { session: known, outbox = [] } = storage.read();
      if (known || outbox.length) transport.open();
      actions.open();
      panel.focus();
    },
    close: actions.close,
    toggle: () => (store.get().open ? verbs.close() : verbs.open()),
    /** @param {string} text */
    sendMessage(text) {
      verbs.open();
      actions.send(String(text));
    },
    /** What the page knows of the visitor: data, not proof. @param {{ name?: string, email?: string }} known */
    identify({ name, email }) {
      visitor = { name, email };
      introduce();
    },
    /** After a reload or on the next page. @param {boolean} reopen */
    resume(reopen) {
      transport.open();
      if (reopen) actions.open();
    },
    reset() {
      transport.close();
      storage.clear();
      visitor = {};
      store.dispatch({ type: "connection.changed", connection: "idle" });
      store.dispatch({ type: "conversation.left" });
      actions.close();
    },
    destroy() {
      stop();
      transport.close();
      panel.destroy();
      for (const [target, name, listener] of watched) target.removeEventListener(name, listener);
    },
  };
  emit("ready");
  return verbs;
}

/** @typedef {ReturnType<typeof mount>} Panel */
