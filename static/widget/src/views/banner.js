import { h, icon, iconButton } from "../dom.js";
import { ALERT, CLOSE } from "../icons.js";

/** The error line below the header.
 * @param {import("./index.js").Actions} actions @param {import("./index.js").Page} page */
export function createBanner(actions, { t }) {
  const text = h("bdi");
  const dismiss = iconButton(CLOSE, t.dismiss, { onclick: actions.dismissProblem });
  const el = h("div", { class: "banner", role: "alert", hidden: true }, icon(ALERT), h("span", null, text), dismiss);
  return {
    el,
    /** @param {import("./index.js").State} state */
    update({ connection, problem }) {
      const lasting = connection === "refused" ? t.refused : connection === "offline" ? t.offline : "";
      const passing =
        problem && (problem.text || (["offline", "unavailable"].includes(problem.code) ? t.offline : t.internal));
      const words = lasting || passing || "";
      if (text.textContent !== words) text.textContent = words;
      el.hidden = !words;
      dismiss.hidden = Boolean(lasting);
    },
  };
}
