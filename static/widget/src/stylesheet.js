/** Stylesheets of the modules that are loaded when they are needed. */

/** @param {string} css @returns {(node: Node) => void} adds it to the shadow root that the node is in, once */
export function createStylesheet(css) {
  /** @type {CSSStyleSheet | undefined} */
  let sheet;
  return (node) => {
    const root = /** @type {ShadowRoot} */ (node.getRootNode());
    if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(css);
    if (root.adoptedStyleSheets && !root.adoptedStyleSheets.includes(sheet))
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  };
}
