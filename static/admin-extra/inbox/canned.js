// Canned replies, which are offered above the text box while it holds a / and the beginning of a shortcut.

import { h } from "./dom.js";
import { config } from "./server.js";

/** `box` is the text box; `onFill()` is called when a canned reply has been put into it. */
export function createCanned(box, onFill) {
  const el = h("ul", { className: "iw-inbox-canned", role: "listbox", "aria-label": "Canned replies", hidden: true });
  let names = {}; // what stands for {visitor}, {me} and their like
  let found = [];
  let chosen = 0;

  function show(replies) {
    found = replies;
    chosen = 0;
    draw();
  }

  function draw() {
    el.hidden = found.length === 0;
    el.replaceChildren(...found.map((one, place) => optionOf(one, place === chosen, () => fill(one))));
  }

  function fill(one) {
    box.value = filled(one.text, names);
    onFill();
    show([]);
    box.focus();
  }

  function move(step) {
    chosen = (chosen + step + found.length) % found.length;
    draw();
  }

  const keys = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: () => fill(found[chosen]),
    Tab: () => fill(found[chosen]),
    Escape: () => show([]),
  };

  return {
    el,
    /** Another conversation is open, with other names. */
    open: (words) => (names = words),
    /** Offers those whose shortcut begins with what follows a / at the start; none where `isWanted` is false. */
    offer(isWanted) {
      const wanted = isWanted && /^\/([\w-]*)$/u.exec(box.value);
      const fits = ({ organization, shortcut }) =>
        organization === names.organization && shortcut.startsWith(wanted[1]);
      show(wanted ? config.replies.filter(fits) : []);
    },
    /** Whether this key is about them, and has been handled. */
    press(event) {
      if (!found.length || !Object.hasOwn(keys, event.key)) return false;
      if (event.key !== "Escape") event.preventDefault();
      keys[event.key]();
      return true;
    },
  };
}

const optionOf = ({ shortcut, text }, isChosen, onclick) =>
  h(
    "li",
    { role: "option", "aria-selected": String(isChosen), onclick },
    h("b", {}, `/${shortcut}`),
    h("span", {}, text),
  );

/** The text with names in the places for them. "Hello {visitor}," to somebody whose name is not known is "Hello,". */
const filled = (text, names) =>
  text.replace(/ ?\{(visitor|me|assistant|organization)\}/g, (all, name) =>
    names[name] ? all.replace(/\{.*/, () => names[name]) : "",
  );
