/** What a call looks like: in the place of the text box, below the conversation and its cards. */
import { h, icon, iconButton } from "../dom.js";
import { CLOSE, MIC } from "../icons.js";

const MIC_OFF = `${MIC}M4 4l16 16`;
const HANG_UP = "M3.5 15.5c5-4.6 12-4.6 17 0l-2.2 2.7-3.6-1.6v-2.4a10 10 0 0 0-5.4 0v2.4l-3.6 1.6z";

/** @typedef {import("../locales/index.js").Voice} Voice */

/** @param {Voice} words @param {() => void} start @param {() => void} cancel */
export function createExplanation(words, start, cancel) {
  const agree = h("button", { type: "button", class: "button", onclick: start }, icon(MIC), words.start);
  const decline = h("button", { type: "button", class: "button plain", onclick: cancel }, words.cancel);
  const el = h(
    "div",
    { class: "talk", role: "group", "aria-label": words.call, onkeydown: escape(cancel) },
    h("p", null, words.explain),
    h("div", { class: "buttons" }, agree, decline),
  );
  return { el, focus: () => agree.focus() };
}

/** Escape leaves this and not the panel. @param {() => void} leave */
const escape = (leave) => (/** @type {KeyboardEvent} */ event) => {
  if (event.key !== "Escape") return;
  event.stopPropagation();
  leave();
};

/** Why there is no call any more. @param {string} text @param {string} dismiss @param {() => void} close */
export const createNote = (text, dismiss, close) =>
  h("div", { class: "talk-note" }, h("p", null, text), iconButton(CLOSE, dismiss, { onclick: close }));

/**
 * @param {Voice} words
 * @param {{ mute(): void, interrupt(): void, end(): void, choose(id: string): void }} actions
 */
export function createCallView(words, actions) {
  const state = h("span", { class: "talk-state" });
  const time = h("span", { class: "talk-time", role: "timer", "aria-live": "off" });
  const bars = [1, 2, 3, 4].map(() => h("i"));
  const level = h("span", { class: "talk-level", "aria-hidden": "true" }, bars);
  const caption = h("p", { class: "talk-caption", dir: "auto" });
  const devices = h("select", { "aria-label": words.microphone, onchange: () => actions.choose(devices.value) });
  const mute = h("button", { type: "button", class: "button plain", "aria-pressed": "false", onclick: actions.mute });
  const interrupt = h("button", { type: "button", class: "button plain", onclick: actions.interrupt }, words.interrupt);
  const end = h("button", { type: "button", class: "button talk-end", onclick: actions.end }, icon(HANG_UP), words.end);
  const el = h(
    "div",
    { class: "talk", role: "group", "aria-label": words.call, "data-phase": "asking" },
    h("div", { class: "talk-top" }, level, state, time),
    caption,
    devices,
    h("div", { class: "buttons" }, mute, interrupt, end),
  );
  let drawn = "";

  return {
    el,
    focus: () => (mute.hidden ? end : mute).focus(),
    /** @param {number} loudness */
    showLevel(loudness) {
      el.style.setProperty("--level", loudness.toFixed(2));
    },
    /** @param {import("./call.js").Shown} shown */
    update(shown) {
      const { phase, muted, seconds } = shown;
      const isConnected = !["asking", "connecting"].includes(phase);
      el.dataset.phase = phase;
      el.toggleAttribute("data-muted", muted);
      state.textContent = muted && phase === "listening" ? words.muted : words[phase];
      time.textContent = isConnected ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}` : "";
      if (caption.textContent !== shown.caption) caption.textContent = shown.caption;
      caption.hidden = !shown.caption;
      const hadFocus = /** @type {ShadowRoot} */ (el.getRootNode()).activeElement === interrupt;
      mute.hidden = !isConnected;
      interrupt.hidden = phase !== "speaking";
      if (hadFocus && interrupt.hidden) mute.focus();
      const look = `${muted} ${shown.devices.length}`;
      if (look === drawn) return;
      drawn = look;
      mute.replaceChildren(icon(muted ? MIC_OFF : MIC), words.mute);
      mute.setAttribute("aria-pressed", String(muted));
      devices.hidden = shown.devices.length < 2;
      if (devices.options.length !== shown.devices.length)
        devices.replaceChildren(...shown.devices.map(({ id, label }) => h("option", { value: id }, label)));
    },
  };
}
