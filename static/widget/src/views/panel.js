import { h } from "../dom.js";
import { createLiveRegion } from "./announcements.js";
import { VIEWS } from "./index.js";

const SMALL = "(max-width: 640px)";
/** The dialog around the views. On a small screen it covers the page and keeps the focus; otherwise it floats beside it.
 * @param {import("./index.js").Actions} actions @param {Omit<import("./index.js").Page, "announce">} page */
export function createPanel(actions, page) {
  const isInline = page.mode === "inline";
  const liveRegion = createLiveRegion();
  const views = VIEWS.map((create) => create(actions, { ...page, announce: liveRegion.announce }));
  const composer = /** @type {ReturnType<typeof import("./composer.js").createComposer>} */ (views.at(-1));
  const el = h(
    "div",
    {
      class: "panel",
      id: "panel",
      role: isInline ? "region" : "dialog",
      "aria-labelledby": "title",
      tabindex: "-1",
      hidden: true,
    },
    views.map((view) => view.el),
    liveRegion.el,
  );
  const small = matchMedia(SMALL);
  const viewport = visualViewport;

  /** Escape leaves; where the panel covers the page, Tab stays within. @param {KeyboardEvent} event */
  function press(event) {
    if (event.key === "Escape" && !event.isComposing && !page.mode) actions.close();
    if (event.key !== "Tab" || !small.matches || el.hidden || isInline) return;
    keepWithin(el, event);
  }

  /** A keyboard on the screen leaves less of it: the panel keeps to what is left. */
  function fit() {
    const zoom = /** @type {any} */ (el).currentCSSZoom || 1; // of the page's own style, which a length here is enlarged by
    el.style.setProperty("--screen", viewport && small.matches ? `${viewport.height / zoom}px` : "100dvh");
    el.style.setProperty("--screen-top", viewport && small.matches ? `${viewport.offsetTop / zoom}px` : "0px");
    if (!isInline) el.setAttribute("aria-modal", String(small.matches));
  }
  viewport?.addEventListener("resize", fit);
  viewport?.addEventListener("scroll", fit);
  small.addEventListener("change", fit);
  fit();

  return {
    el,
    press,
    /** @param {import("./index.js").State} state @param {import("./index.js").State} before */
    update(state, before) {
      el.hidden = !state.open;
      for (const view of views) view.update(state, before);
      if (!state.open || before.open) return;
      fit();
      composer.fit();
    },
    /** On a touch screen the keyboard would hide what there is to read. */
    focus: () => !isInline && (matchMedia("(pointer: coarse)").matches ? el.focus() : composer.focus()),
    destroy() {
      viewport?.removeEventListener("resize", fit);
      viewport?.removeEventListener("scroll", fit);
      small.removeEventListener("change", fit);
    },
  };
}

/** Tab goes round among what can be focused in `el`. @param {HTMLElement} el @param {KeyboardEvent} event */
function keepWithin(el, event) {
  const stops = /** @type {HTMLElement[]} */ ([
    ...el.querySelectorAll("a, button, input, textarea, [tabindex='0']"),
  ]).filter((stop) => stop.tabIndex >= 0 && stop.checkVisibility());
  const active = /** @type {ShadowRoot} */ (el.getRootNode()).activeElement;
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  if (active !== edge && active !== el) return;
  event.preventDefault();
  (event.shiftKey ? stops.at(-1) : stops[0])?.focus();
}
