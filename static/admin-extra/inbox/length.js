// How much too long a text is: it is refused and stays, since one that was cut would be sent without its end.

import { h } from "./dom.js";
import { config } from "./server.js";

/** Below a text box, what is too much in it. `excess(kind)` reads the box again and answers by how many characters it is longer
 * than a text of that kind may be: "reply", "note" or "hand_back". */
export function createLength(box) {
  const el = h("small", { className: "iw-bad", role: "status", hidden: true });
  return {
    el,
    excess(kind) {
      const most = config.most_chars[kind];
      const excess = Math.max(0, [...box.value.trim()].length - most);
      const many = excess === 1 ? "1 character" : `${excess.toLocaleString()} characters`;
      el.textContent = excess ? `${many} too many: the limit is ${most.toLocaleString()}.` : "";
      el.hidden = !excess;
      return excess;
    },
  };
}
