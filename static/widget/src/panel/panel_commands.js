/** What the loader can ask of the panel: the commands of docs/widget.md, and `resume`. */

/**
 * @param {object} parts
 * @param {import("../store.js").Store} parts.store
 * @param {import("../transport/index.js").Transport} parts.transport
 * @param {import("../saved_entries.js").SavedEntries} parts.storage
 * @param {import("../actions.js").Actions} parts.actions
 * @param {ReturnType<typeof import("../session.js").createSession>} parts.session
 * @param {(name: string, detail?: unknown) => void} parts.emit
 * @param {() => void} parts.focus moves the focus into the panel
 */
export function createPanelCommands({ store, transport, storage, actions, session, emit, focus }) {
  /** @type {Omit<import("../identity/index.js").Known, "id">} */
  let visitor = {};

  const commands = {
    open() {
      if (store.get().open) return;
      const { session, outbox = [] } = storage.read();
      if (session || outbox.length) transport.open();
      actions.open();
      focus();
    },
    close: actions.close,
    toggle: () => (store.get().open ? commands.close() : commands.open()),
    /** @param {string} text */
    sendMessage(text) {
      commands.open();
      actions.send(String(text));
    },
    /** What the page knows of the visitor: data, and only with a token of the site's server proof.
     * @param {import("../identity/index.js").Known} known
     * @param {{ token?: string | (() => string | Promise<string>) }} [proof] */
    async identify(known, { token } = {}) {
      const { name, email, attributes } = known;
      visitor = { name, email, attributes };
      if (token === undefined) return commands.introduce();
      const { logIn } = await import("../identity/index.js");
      return logIn({ session, transport, storage, store, emit }, known, token);
    },
    /** @param {{ url?: string, title?: string }} [context] */
    setContext: (context = {}) => actions.setContext(context),
    /** Passes on what the page knows of the visitor; once more on each new connection. */
    introduce() {
      if (visitor.name || visitor.email || visitor.attributes) transport.send({ type: "visitor.update", ...visitor });
    },
    /** After a reload or on the next page. @param {boolean} reopen */
    resume(reopen) {
      transport.open();
      if (reopen) actions.open();
    },
    reset() {
      transport.close();
      storage.clear();
      void session.logIn();
      visitor = {};
      store.dispatch({ type: "connection.changed", connection: "idle" });
      store.dispatch({ type: "conversation.left" });
      actions.close();
    },
  };
  return commands;
}
