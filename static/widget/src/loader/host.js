/** The element that holds the widget: put beside the page's body, and put back when the page takes it away. */

/** Scripts of frameworks that compare the whole document with what they would have rendered: a stranger in it is an error
 * of theirs, and then they rebuild the document without us. They get their turn first. */
const HYDRATES = 'script[type="module"], script[src*="/_next/"]';
const MAX_RETURNS = 20; // a page that removes the widget again and again does so on purpose
const IDLE_MS = 2_000;

/** @param {() => void} run once the page has nothing more urgent to do */
const whenIdle = (run) =>
  (window.requestIdleCallback ?? setTimeout)(() => run(), /** @type {any} */ ({ timeout: IDLE_MS }));

/**
 * @param {HTMLElement} root @param {string} css
 * @returns {{ shadow: ShadowRoot, begin(): void, inject(container?: Element): void, remove(): void }} `begin` puts it beside
 * the body, as soon as that disturbs nobody
 */
export function attachHost(root, css) {
  const el = document.createElement("interworky-widget");
  const shadow = el.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  shadow.adoptedStyleSheets = [sheet];
  shadow.appendChild(root);
  /** @type {Element | undefined} */
  let container;
  let wanted = true;
  let returns = 0;
  const observer = new MutationObserver(() => {
    if (!el.isConnected) whenIdle(attach);
  });

  function attach() {
    if (!wanted || el.isConnected || returns > MAX_RETURNS) return;
    returns += 1;
    (container ?? document.documentElement).appendChild(el);
    observer.disconnect(); // of a document element that may be another by now
    observer.observe(document, { childList: true });
    observer.observe(document.documentElement, { childList: true });
  }

  /** Once the page is parsed, its scripts are known. */
  function begin() {
    if (document.readyState === "loading") document.addEventListener("readystatechange", begin, { once: true });
    else if (document.readyState === "complete" || !document.querySelector(HYDRATES)) attach();
    else addEventListener("load", () => whenIdle(() => whenIdle(attach)), { once: true });
  }

  function remove() {
    wanted = false;
    observer.disconnect();
    el.remove();
  }

  return {
    shadow,
    begin,
    remove,
    /** @param {Element} [into] */
    inject(into) {
      remove();
      container = into;
      el.toggleAttribute("inline", Boolean(into));
      wanted = true;
      returns = 0;
      attach();
    },
  };
}
