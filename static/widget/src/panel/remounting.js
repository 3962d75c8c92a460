/** The panel as the loader knows it: it can be rebuilt, in another language or another place, under the same commands. */

/**
 * @template {import("../main.js").Built} B
 * @param {import("../main.js").Loader} loader
 * @param {(loader: import("../main.js").Loader, language: import("../main.js").Language) => B} build
 * @param {(loader: import("../main.js").Loader) => Promise<import("../main.js").Language>} languageOf as the options say now
 * @param {import("../main.js").Language} language
 */
export function remountable(loader, build, languageOf, language) {
  const { options, root } = loader;
  let panel = build(loader, language);
  let mode = root.dataset.mode;
  /** What identify() was told last: the next panel is told too. @type {any[] | undefined} */
  let known;

  function again() {
    const wasOpen = panel.isOpen();
    panel.destroy();
    mode = root.dataset.mode;
    panel = build(loader, language);
    if (known) panel.identify(.../** @type {[any, any]} */ (known)).catch(() => {}); // the page has heard why
    if (wasOpen) panel.open();
  }

  const commands = {
    open() {
      if (mode !== root.dataset.mode) again();
      panel.open();
    },
    /** @param {any} visitor @param {any} proof */
    identify(visitor, proof) {
      known = [visitor, proof];
      return panel.identify(visitor, proof);
    },
    reset() {
      known = undefined;
      panel.reset();
    },
    /** @param {string} locale */
    async setLocale(locale) {
      options.locale = locale;
      const found = await languageOf(loader);
      if (options.locale !== locale) return; // another one has been asked for meanwhile
      language = found;
      again();
    },
    /** @param {string} theme */
    setTheme(theme) {
      options.theme = theme;
      panel.dress();
    },
  };
  return /** @type {Omit<B, keyof typeof commands> & typeof commands} */ (
    new Proxy(commands, { get: (own, name) => Reflect.get(name in own ? own : panel, name) })
  );
}
