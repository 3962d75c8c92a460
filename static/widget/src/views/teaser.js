import { h } from "../dom.js";
import { createProse } from "../prose.js";
import { unread } from "../store.js";

/** A preview of the message that arrived while the panel was closed. @param {() => void} onPress */
export function createTeaser(onPress) {
  const prose = createProse();
  const text = h("span", { dir: "auto" });
  const el = h("button", { type: "button", class: "teaser", hidden: true, onclick: onPress }, text);
  return {
    el,
    /** @param {import("../store.js").State} state */
    update(state) {
      const last = state.items.at(-1);
      const preview = last?.kind === "message" ? last.message.text : last?.kind === "card" ? last.card.title : "";
      el.hidden = unread(state) === 0 || !preview;
      if (el.hidden) return;
      prose.update(preview);
      text.textContent = [...prose.el.childNodes].map((block) => block.textContent).join(" ");
    },
  };
}
