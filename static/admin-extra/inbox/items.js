// What was said and shown in the open conversation.

import { h, moment } from "./dom.js";
import { sentFile } from "./files.js";

const SPEAKERS = { visitor: "Visitor", assistant: "Assistant", system: "" };

/** A message or a card as staff read it. `names` are those of the conversation; `seen`: the visitor has seen it. */
export function item(one, names, seen = false) {
  if (one.kind === "card") {
    return h(
      "div",
      { className: "iw-inbox-card", "data-key": one.seq },
      h("small", {}, `${one.label}: ${one.state} · ${moment(one.at)}`),
      h("p", { dir: "auto" }, one.text),
    );
  }
  if (one.role === "system")
    return h("p", { className: "iw-inbox-system", dir: "auto", "data-key": one.seq }, one.text);
  const speaker = one.by || (one.role === "assistant" ? names.assistant : SPEAKERS[one.role]) || "Staff";
  const cut = one.state === "complete" ? "" : ` · ${one.state}`;
  return h(
    "div",
    { className: `iw-inbox-said iw-by-${one.role}`, "data-key": one.seq },
    one.text ? h("p", { dir: "auto" }, one.text) : "",
    ...one.files.map(sentFile),
    h("small", {}, `${speaker} · ${moment(one.at)}${cut}${seen ? " · Seen" : ""}`),
  );
}
