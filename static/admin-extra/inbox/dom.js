// Elements without HTML: what visitors wrote is only ever text.

import { listen } from "../redraw.js";

/** An element; `props` are properties, or attributes where a name has a dash. */
export function h(tag, props = {}, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") listen(el, name, value);
    else if (name.includes("-") || name === "role" || name === "for") el.setAttribute(name, String(value));
    else el[name] = value;
  }
  el.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return el;
}

export const icon = (name) => h("span", { className: "material-symbols-outlined", "aria-hidden": "true" }, name);

export const button = (label, onclick, props = {}) =>
  h("button", { type: "button", className: "iw-button", onclick, ...props }, label);

const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/** The time of today, or the day before that. */
export function when(at) {
  const date = new Date(at);
  return date.toDateString() === new Date().toDateString() ? time.format(date) : day.format(date);
}

export function moment(at) {
  const date = new Date(at);
  return `${day.format(date)}, ${time.format(date)}`;
}

/** "12 min", "3 h", "2 d": how long ago. */
export function since(at) {
  const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(at)) / 60_000));
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
}
