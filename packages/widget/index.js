/** Loads the widget from its server, once per page. */

/** @type {{ src: string, key: string, loading: Promise<any>, arrived?: boolean } | undefined} */
let current;
let users = 0;

/** Whether nobody has taken the widget off the page since it came. */
const isThere = () => !current?.arrived || Boolean(window.Interworky?.destroy);

/** The widget's API once it is on the page. Called again, the same one; with another key, the widget starts over.
 * @param {import("./index.js").LoadOptions} options @returns {Promise<import("./index.js").Interworky>} */
export function load({ host, key, ...settings }) {
  if (typeof document === "undefined") return Promise.reject(new Error("The chat widget needs a browser."));
  const src = `${host.replace(/\/+$/, "")}/widget.js`;
  if (current?.src === src && isThere()) {
    const same = current.key === key;
    current.key = key;
    if (!same) current.loading = current.loading.then((api) => (api.init({ key, ...settings }), window.Interworky));
    return current.loading;
  }
  const loading = new Promise((resolve, reject) => {
    const script = document.createElement("script");
    Object.assign(script, { src, async: true });
    for (const [name, value] of Object.entries({ key, ...settings }))
      if (value !== undefined && value !== false) script.dataset[name] = value === true ? "" : String(value);
    script.onload = () => (script.remove(), resolve(window.Interworky));
    script.onerror = () => {
      script.remove();
      current = undefined; // the next call tries again
      reject(new Error(`The chat widget could not be loaded from ${src}.`));
    };
    document.head.append(script);
  });
  const mine = (current = { src, key, loading });
  loading.then(() => (mine.arrived = true)).catch(() => {});
  return loading;
}

/**
 * For components: the widget for as long as somebody uses it. A framework may take a component away and put it back at
 * once, so it stays for a moment longer.
 * @param {import("./index.js").LoadOptions} options
 */
export function use(options) {
  users += 1;
  let ended = false;
  const loading = load(options);
  loading.catch((error) => console.warn(error.message));
  return {
    /** @param {(api: import("./index.js").Interworky) => void} run unless it has ended by then */
    ready: (run) => void loading.then((api) => ended || run(api)).catch(() => {}),
    end() {
      ended = true;
      users -= 1;
      setTimeout(async () => {
        if (users > 0 || !current) return;
        const { loading } = current;
        current = undefined;
        (await loading.catch(() => undefined))?.destroy();
      });
    },
  };
}
