/** `window.Interworky`: what a page's own scripts can do (docs/widget.md). */

/** @typedef {{ [command: string]: any }} Commands */

export function createEvents() {
  /** @type {Record<string, Set<(detail: any) => void>>} */
  const listeners = Object.create(null);
  /** @param {string} name */
  const of = (name) => (listeners[name] ??= new Set());
  return {
    /** @param {string} name @param {unknown} [detail] */
    emit: (name, detail) => of(name).forEach((listener) => listener(detail)),
    /** @param {string} name @param {(detail: any) => void} listener @returns {() => void} stops it again */
    on: (name, listener) => (of(name).add(listener), () => of(name).delete(listener)),
    /** @param {string} name @param {(detail: any) => void} listener */
    off: (name, listener) => of(name).delete(listener),
  };
}

/**
 * @param {object} parts
 * @param {import("./load.js").Load} parts.load
 * @param {ReturnType<typeof createEvents>} parts.events
 * @param {import("../storage.js").Stored} parts.storage
 * @param {(busy: boolean) => void} parts.onBusy while the panel is on its way
 * @param {() => void} parts.remove takes the widget off the page
 */
export function createCommands({ load, events: { emit, on, off }, storage, onBusy, remove }) {
  /** @param {string} command @param {...unknown} values */
  async function run(command, ...values) {
    onBusy(true);
    try {
      const panel = /** @type {Commands} */ (await load.panel());
      return await panel[command](...values);
    } catch {
      emit("error", { code: "not_loaded" }); // the console has the reason, for the site's owner
    } finally {
      onBusy(false);
    }
  }

  /** @type {Commands} */
  const commands = {
    open: () => run("open"),
    close: () => load.begun() && run("close"),
    toggle: () => run("toggle"),
    /** @param {string} text */
    sendMessage: (text) => run("sendMessage", text),
    /** Kept until there is a panel: knowing a visitor is no reason to fetch one. @param {any} visitor @param {any} proof */
    identify: (visitor, proof) => load.mounted.then((panel) => panel.identify(visitor, proof)),
    /** Forgets this visitor here, as after a log-out. */
    reset: async () => (load.begun() ? run("reset") : storage.forget()),
    async destroy() {
      remove();
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
