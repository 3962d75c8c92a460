/**
 * The page that the widget is shown on, as seen from a frame of its own (`frame/`). The build has what runs there take these
 * from here: the frame's document and location would be the wrong ones. Everything else, from `fetch` to `Array`, is the
 * frame's, and so are the functions below: the page may have taken away its own.
 *
 * Without a frame, all of it is the page's. Each is marked as pure, so that a module has only what it uses.
 */

const here = /* @__PURE__ */ (() => /** @type {any} */ (globalThis))();
const page = /* @__PURE__ */ (() => (here.frameElement?.interworky ? here.parent : here))();

export const window = /* @__PURE__ */ (() => page)();
export const document = /* @__PURE__ */ (() => page.document)();
export const location = /* @__PURE__ */ (() => page.location)();
export const navigator = /* @__PURE__ */ (() => page.navigator)();
export const history = /* @__PURE__ */ (() => page.history)();
export const performance = /* @__PURE__ */ (() => page.performance ?? here.performance)();
export const customElements = /* @__PURE__ */ (() => page.customElements)();
export const HTMLElement = /* @__PURE__ */ (() => page.HTMLElement)();
// A shadow root takes the stylesheets of its document alone, and sizes are told where something is drawn.
export const CSSStyleSheet = /* @__PURE__ */ (() => page.CSSStyleSheet)();
export const ResizeObserver = /* @__PURE__ */ (() => page.ResizeObserver ?? here.ResizeObserver)();

/** Elements with the frame's prototypes, in the page's document. @param {string} name */
export const createElement = (name) => page.document.adoptNode(here.document.createElement(name));
/** @param {string} space @param {string} name */
export const createElementNS = (space, name) => page.document.adoptNode(here.document.createElementNS(space, name));
/** @param {string} query */
export const matchMedia = (query) => here.matchMedia.call(page, query);
/** @param {Element} el */
export const getComputedStyle = (el) => here.getComputedStyle.call(page, el);
/** @param {FrameRequestCallback} run */
export const requestAnimationFrame = (run) => here.requestAnimationFrame.call(page, run);
/** @param {number} frame */
export const cancelAnimationFrame = (frame) => here.cancelAnimationFrame.call(page, frame);
/** @param {...any} listened */
export const addEventListener = (...listened) => here.addEventListener.apply(page, listened);
export const currentScript = /* @__PURE__ */ (() => here.document.currentScript)();
export const interworkySettings = /* @__PURE__ */ (() => here.interworkySettings)();
