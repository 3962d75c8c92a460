/** Fetches the panel, once, when something is to be shown in it. */

/**
 * @typedef {import("../main.js").Panel} Panel
 * @typedef {import("../store.js").Config} Config
 */

/**
 * @param {string} host @param {string} key
 * @param {(config: Config, panel: typeof import("../main.js")) => Panel | Promise<Panel>} begin makes the panel of what was fetched
 * @param {(reason: Error) => Promise<any>} elsewhere where it cannot be made in this page: what understands the same commands, if
 * anything does
 */
export function createLoad(host, key, begin, elsewhere) {
  /** @type {Promise<Panel> | undefined} */
  let loading;
  let refused = false;
  /** @type {(panel: Panel) => void} */
  let mounted = () => {};

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
    const module = await import(`${host}/widget/${config.version}/panel.js`);
    const panel = await begin(config, module);
    mounted(panel);
    return panel;
  }

  async function anywhere() {
    try {
      return await fetchPanel();
    } catch (error) {
      const other = !refused && (await elsewhere(/** @type {Error} */ (error)));
      if (other) return other;
      throw error;
    }
  }

  return {
    panel() {
      loading ??= anywhere().catch((error) => {
        if (!refused) loading = undefined; // a network that failed may come back; a refusal stays one
        console.warn(`Interworky: ${error.message}`);
        throw error;
      });
      return loading;
    },
    /** The panel, once somebody has asked for it. @type {Promise<Panel>} */
    mounted: new Promise((resolve) => (mounted = resolve)),
    /** Where it has been asked for: the panel. */
    begun: () => loading,
  };
}

/** @typedef {ReturnType<typeof createLoad>} Load */
