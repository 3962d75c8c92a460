/**
 * The one script a customer pastes. It shows the launcher at once and asks for nothing more until a visitor shows
 * intent, or until an answer is due from an earlier page.
 */
import { asColour, palette } from "./colour.js";
import { h } from "./dom.js";
import { attachHost } from "./host.js";
import { createStorage } from "./storage.js";
import css from "./styles/launcher.css";
import { createLauncher } from "./views/launcher.js";

/** @typedef {import("./main.js").Panel} Panel */
/** @typedef {{ [verb: string]: any }} Verbs */

const script = /** @type {HTMLScriptElement | null} */ (
  document.currentScript ?? document.querySelector("script[data-key][src], script[data-api-key][src]")
);
const page = /** @type {any} */ (window);
const key = script?.dataset.key ?? script?.dataset.apiKey;

if (!script || !key) console.warn("Interworky: the script tag needs a data-key attribute.");
else if (!page.Interworky?.destroy) start(new URL(script.src).origin, key, script.dataset);

/** How the assistant looked when its tag was copied, as `data-look="#0f766e left"`: the first frame of the first visit.
 * @param {string} [look] */
function lookOf(look = "") {
  const [accent, position] = look.split(" ");
  return { accent, position };
}

/** @param {string} host @param {string} key @param {DOMStringMap} options the tag's data-* attributes */
function start(host, key, options) {
  const storage = createStorage(key);
  const kept = storage.read();
  const launcher = createLauncher({ onIntent: () => load().catch(() => {}), onPress: () => run("toggle") });
  const root = h("div", { class: "root" }, launcher.el);
  const { shadow, remove } = attachHost(root, css);
  dress(kept.config ?? lookOf(options.look));

  /** @type {Map<string, Set<(detail: any) => void>>} */
  const listeners = new Map();
  /** @type {Promise<Panel> | undefined} */
  let loading;
  let refused = false;

  /** @param {{ accent?: string, position?: string }} config */
  function dress(config) {
    const { accent, onAccent } = palette(asColour(options.accent ?? config.accent), "#ffffff");
    root.style.setProperty("--accent", accent);
    root.style.setProperty("--on-accent", onAccent);
    root.dataset.position = (options.position ?? config.position) === "left" ? "left" : "right";
  }

  /** @param {string} name @param {unknown} [detail] */
  function emit(name, detail) {
    for (const listener of listeners.get(name) ?? []) listener(detail);
  }

  function load() {
    loading ??= fetchPanel().catch((error) => {
      if (!refused) loading = undefined; // a network that failed may come back; a refusal stays one
      console.warn(`Interworky: ${error.message}`);
      throw error;
    });
    return loading;
  }

  async function fetchPanel() {
    const response = await fetch(`${host}/api/v1/widget/config/${encodeURIComponent(key)}`).catch(() => null);
    refused = response !== null && response.status < 500 && !response.ok;
    // A refusal that the browser keeps from us looks like a network that failed.
    if (!response || response.status === 403)
      throw new Error(
        `${location.origin} is not among the organization's allowed origins, or ${host} cannot be reached.`,
      );
    if (!response.ok) throw new Error(`no assistant answers to the key ${key} (${response.status}).`);
    const config = await response.json();
    storage.write({ config });
    dress(config);
    const { mount } = await import(`${host}/widget/${config.version}/panel.js`);
    return /** @type {Panel} */ (mount({ host, config, storage, root, shadow, launcher, options, emit }));
  }

  /** @param {string} verb @param {...unknown} values */
  async function run(verb, ...values) {
    launcher.update({ busy: true });
    try {
      const panel = /** @type {Verbs} */ (await load());
      return await panel[verb](...values);
    } catch {
      emit("error", { code: "not_loaded" }); // said in the console, for the site's owner
    } finally {
      launcher.update({ busy: false });
    }
  }

  /** @type {Verbs} */
  const api = {
    open: () => run("open"),
    close: () => loading && run("close"),
    toggle: () => run("toggle"),
    /** @param {string} text */
    sendMessage: (text) => run("sendMessage", text),
    /** @param {{ name?: string, email?: string }} visitor */
    identify: (visitor) => run("identify", visitor),
    /** Forgets this visitor here, as after a log-out. */
    reset: async () => (loading ? run("reset") : storage.forget()),
    async destroy() {
      remove();
      delete page.Interworky;
      if (loading) (await loading).destroy();
    },
    /** @param {string} name @param {(detail: any) => void} listener @returns {() => void} stops it again */
    on(name, listener) {
      if (!listeners.has(name)) listeners.set(name, new Set());
      listeners.get(name)?.add(listener);
      return () => api.off(name, listener);
    },
    /** @param {string} name @param {(detail: any) => void} listener */
    off: (name, listener) => listeners.get(name)?.delete(listener),
    /** Commands as `["verb", …values]`, the form they may be queued in before this script has come.
     * @param {...[string, ...unknown[]]} commands */
    push: (...commands) => commands.forEach(([verb, ...values]) => api[verb]?.(...values)),
  };
  const queued = page.Interworky;
  page.Interworky = api;
  if (Array.isArray(queued)) api.push(...queued);

  if (options.mode === "page") {
    root.dataset.mode = "page";
    void run("open");
  } else if (kept.session && (kept.open || kept.waiting)) {
    resume();
  }

  /** A reply that was being typed goes on here. A small screen is not covered again on a new page. */
  function resume() {
    const [navigation] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
    const small = matchMedia("(max-width: 640px)").matches;
    const reopen = kept.open && (!small || navigation?.type === "reload");
    load().then(
      (panel) => panel.resume(Boolean(reopen)),
      () => {},
    );
  }
}
