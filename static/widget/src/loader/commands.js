/** `window.Interworky`: what a page's own scripts can do (docs/widget.md). */

/** @typedef {{ [command: string]: any }} Commands */

/** @param {EventTarget} [page] hears each event as `interworky:open` and so on, for tag managers and analytics */
export function createEvents(page) {
  /** @type {Record<string, Set<(detail: any) => void>>} */
  const listeners = Object.create(null);
  /** @param {string} name */
  const of = (name) => (listeners[name] ??= new Set());
  return {
    /** @param {string} name @param {unknown} [detail] */
    emit(name, detail) {
      for (const listener of of(name)) {
        try {
          listener(detail);
        } catch (error) {
          reportError(error); // an error in the page's code must not stop ours
        }
      }
      page?.dispatchEvent(new CustomEvent(`interworky:${name}`, { detail }));
    },
    /** @param {string} name @param {(detail: any) => void} listener @returns {() => void} stops it again */
    on: (name, listener) => (of(name).add(listener), () => of(name).delete(listener)),
    /** @param {string} name @param {(detail: any) => void} listener */
    off: (name, listener) => of(name).delete(listener),
  };
}

/** What waits for a panel and fetches none: what a page knows of its visitor, or would have shown, is no reason to. */
const LATER = ["identify", "setContext", "setLocale", "setTheme"];

/**
 * @param {object} parts
 * @param {import("./load.js").Load} parts.load
 * @param {ReturnType<typeof createEvents>} parts.events
 * @param {import("../storage.js").Stored} parts.storage
 * @param {(busy: boolean) => void} parts.onBusy while the panel is on its way
 * @param {(hidden: boolean) => void} parts.onHide
 * @param {(container?: Element) => void} parts.inject puts the widget on the page, in the container where there is one
 * @param {() => void} parts.remove takes it off the page
 * @param {(again?: import("./tag.js").Options) => void} parts.end for good, or to begin again with other options
 */
export function createCommands({ load, events: { emit, on, off }, storage, onBusy, onHide, inject, remove, end }) {
  /** Has the panel do it. A rejection that the page does not handle is an event, and no error of the page's.
   * @param {string} command @param {() => Promise<any>} [panel] @returns {(...values: unknown[]) => Promise<unknown>} */
  const ask =
    (command, panel = fetched) =>
    (...values) => {
      const asked = panel().then((panel) => panel[command](...values));
      asked.catch(() => {});
      return asked;
    };

  async function fetched() {
    onBusy(true);
    try {
      return await load.panel();
    } catch (error) {
      emit("error", { code: "not_loaded" }); // the console has the reason, for the site's owner
      throw error;
    } finally {
      onBusy(false);
    }
  }

  /** @type {Commands} */
  const commands = {
    open: ask("open"),
    close: async () => load.begun() && ask("close")(),
    toggle: ask("toggle"),
    show: () => onHide(false),
    /** The panel too. */
    hide: () => (onHide(true), commands.close()),
    sendMessage: ask("sendMessage"),
    ...Object.fromEntries(LATER.map((command) => [command, ask(command, () => load.mounted)])),
    /** Forgets this visitor here, as after a log-out. */
    reset: async () => (load.begun() ? ask("reset")() : storage.forget()),
    inject,
    remove,
    reinject: () => (remove(), inject()),
    /** @param {import("./tag.js").Options} options */
    init: (options) => void commands.destroy(options),
    /** @param {import("./tag.js").Options} [again] */
    async destroy(again) {
      remove();
      end(again);
      (await load.begun())?.destroy();
    },
    on,
    off,
    /** Commands as `["name", …values]`, the form they may be queued in before this script has come.
     * @param {...[string, ...unknown[]]} queued */
    push: (...queued) => queued.forEach(([command, ...values]) => commands[command]?.(...values)),
  };
  return commands;
}
