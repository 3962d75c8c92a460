/** The conversation as a text file. Loaded when a visitor asks for it. */
import { clock, dayOf, fill } from "../locales/index.js";

/** @typedef {import("../store.js").State} State */
/** @typedef {{ t: import("../locales/index.js").Strings, locale: string }} Language */

/** @param {State} state @param {Language} language */
export function asText({ config, items, conversation }, { t, locale }) {
  const name = config.title || config.name;
  const names = { visitor: t.you, assistant: name, staff: conversation?.staff || t.team, system: "" };
  const parts = [name];
  let day = "";
  for (const item of items) {
    if (item.kind === "notice") continue;
    const { at } = item.kind === "message" ? item.message : item.card;
    if (dayOf(at, locale) !== day) parts.push((day = dayOf(at, locale)));
    if (item.kind === "message") {
      const { role, text } = item.message;
      const who = names[role] && fill(t.labelled, { name: names[role] });
      parts.push([clock(at, locale), who, text].filter(Boolean).join(" "));
    } else {
      const { title, reference, lines = [] } = item.card;
      const facts = [...lines, ...(reference ? [[t.reference, reference]] : [])];
      parts.push([`${clock(at, locale)} ${title}`, ...facts.map(([label, value]) => `${label}: ${value}`)].join("\n"));
    }
  }
  return parts.join("\n\n") + "\n";
}

/** @param {State} state @param {Language} language */
export function saveTranscript(state, language) {
  const url = URL.createObjectURL(new Blob([asText(state, language)], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${(state.config.title || state.config.name).replace(/[^\p{L}\p{N} -]/gu, "")} ${new Date().toISOString().slice(0, 10)}.txt`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000); // once the browser has taken it
}
