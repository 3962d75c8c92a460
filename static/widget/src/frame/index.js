/**
 * The widget in a frame of its own, on a page whose built-ins do not work: one without `fetch`, or with an
 * `Array.prototype.map` that does something else. All of our code runs there; what is shown is in the page, beside the
 * body as ever, and the page stays as it is.
 */

/** Why a frame is of no use on this page: it is not tried again, as a pointer that rests on the button would have it.
 * @type {unknown} */
let hopeless;

const MAX_RETURNS = 20; // as for the widget's element: a page that removes it again and again does so on purpose

/**
 * @param {import("../loader/tag.js").Tag} tag
 * @param {Error} reason
 * @returns {Promise<any>} the widget's commands, once it is there; rejected where that is not to be
 */
export async function begin(tag, reason) {
  const page = /** @type {any} */ (window);
  const isFramed = /** @type {any} */ (globalThis.frameElement)?.interworky;
  if (isFramed) throw reason;
  if (hopeless) throw hopeless;
  const begun = page.Interworky?.destroy && page.Interworky;
  if (begun) {
    begun.remove();
    takeAway();
    delete page.Interworky;
  }
  try {
    await startFrame(tag);
  } catch (error) {
    hopeless = error;
    if (begun)
      (page.Interworky = begun).inject(); // the loader says why, once its button is pressed
    else console.warn(`Interworky: this page's scripts leave no place for the chat: ${reason.message}`);
    throw error;
  }
  console.info(`Interworky: the chat runs in a frame of its own, because of this page's scripts: ${reason.message}`);
  return page.Interworky;
}

/** @param {import("../loader/tag.js").Tag} tag @param {number} [returns] */
async function startFrame(tag, returns = 0) {
  const page = /** @type {any} */ (window);
  const frame = /** @type {any} */ (document.createElement("iframe"));
  frame.interworky = true;
  frame.setAttribute("aria-hidden", "true");
  frame.tabIndex = -1;
  frame.style.setProperty("display", "none", "important");
  await loaded(frame, () => document.documentElement.appendChild(frame));
  const { contentDocument, contentWindow } = frame;
  contentWindow.interworkySettings = { ...tag.options, host: tag.options.host ?? tag.host };
  contentWindow.addEventListener("pagehide", () => setTimeout(restart));

  /** The page has put another document in the place of ours: what ran in the frame is gone. */
  function restart() {
    if (frame.isConnected || returns > MAX_RETURNS || page.Interworky?.frame !== frame) return;
    delete page.Interworky;
    takeAway();
    startFrame(tag, returns + 1).catch(() => {});
  }

  const script = contentDocument.createElement("script");
  script.src = trusted(contentWindow, `${tag.host}/widget/new/framed.js`);
  await loaded(script, () => contentDocument.head.appendChild(script));
  if (!page.Interworky?.init) throw new Error("it does not work in a frame either");
  Object.defineProperty(page.Interworky, "frame", { value: frame });
}

/** Takes the widget off the page, also where the page's own `remove` does not. */
function takeAway() {
  const el = document.querySelector("interworky-widget");
  el?.parentNode?.removeChild(el);
}

/** Once `el` has been loaded. No `Promise`: the page may have another one.
 * @param {any} el @param {() => void} load @returns {any} */
function loaded(el, load) {
  return {
    then(/** @type {() => void} */ resolve, /** @type {(reason: any) => void} */ reject) {
      el.onload = () => resolve();
      el.onerror = reject;
      load();
    },
  };
}

/** An address that a policy of Trusted Types takes, where it allows for one. @param {any} realm @param {string} address */
function trusted(realm, address) {
  try {
    const rules = { createScriptURL: (/** @type {string} */ text) => text };
    return realm.trustedTypes.createPolicy("interworky", rules).createScriptURL(address);
  } catch {
    return address; // there are none, or this page allows none: then the browser refuses the script, by an error
  }
}
