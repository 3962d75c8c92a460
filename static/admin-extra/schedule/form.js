// A dialog with a form: its values, its errors, and what the server says to them before they are saved.

import { released } from "../press.js";
import { post } from "./events.js";

/** What may be in the way of what else is entered: a change of one of these asks the server. */
const ASKED_ABOUT = ["calendar", "service", "day", "time", "minutes", "until", "until_day"];

export const byId = (name) => document.getElementById(`dialog-${name}`);
export const node = (name, text) => Object.assign(document.createElement(name), { textContent: text });

export class DialogForm {
  #form;
  #refusal;
  #address = "";
  #sentenceOf = () => "";
  #questions = 0;
  #calendars;
  #changed;

  /** `changed(text, undo)` is called once it has been saved. */
  constructor(name, { changed, calendars }) {
    this.dialog = byId(name);
    this.#form = this.dialog.querySelector("form");
    this.#refusal = this.dialog.querySelector("[data-refusal]");
    this.#calendars = calendars;
    this.#changed = changed;
    this.#form.addEventListener("change", ({ target }) => {
      if (this.control("calendar") && ASKED_ABOUT.includes(target.name)) this.check();
    });
    this.#form.addEventListener("submit", (event) => this.#submit(event));
  }

  control(field) {
    return this.#form.elements.namedItem(field);
  }

  fields() {
    return Object.fromEntries(new FormData(this.#form));
  }

  /** Says which appointment it is about. */
  describe(text) {
    this.dialog.querySelector("[data-what]").textContent = text;
  }

  /** `values` are saved at `address`; `sentenceOf(answer)` says what has been done, `reverted()` is called if nothing was. */
  open(values, address, sentenceOf, reverted = () => {}) {
    this.#form.reset();
    this.#clear();
    this.#address = address;
    this.#sentenceOf = sentenceOf;
    this.#offerCalendars();
    for (const [field, value] of Object.entries(values)) {
      if (value !== undefined && this.control(field)) this.control(field).value = value;
    }
    this.dialog.returnValue = "";
    this.dialog.onclose = () => this.dialog.returnValue !== "saved" && reverted();
    if (!this.dialog.open) this.dialog.showModal();
    if (!values.time) this.control("time")?.focus();
  }

  /** Asks whether it could be saved as it is; the last question's answer counts. */
  async check() {
    const zone = this.#calendars.get(this.fields().calendar)?.zone ?? "";
    for (const hint of this.#form.querySelectorAll("[data-zone]")) hint.textContent = zone;
    const number = (this.#questions += 1);
    const asked = this.fields();
    if (!asked.day || !asked.time) return;
    const answer = await post(this.#address, { ...asked, check: "yes" });
    await released(); // what it shows would move the button that is being pressed
    if (number !== this.#questions || !this.dialog.open) return;
    this.#clear();
    if (!answer.ok) this.refuse(answer, asked);
  }

  /** Shows why it cannot be saved, in answer to what was `asked` or to an attempt to save. */
  refuse(answer, asked = null) {
    if (answer.fields) this.#showErrors(answer.fields, asked);
    else this.#showRefusal(answer);
  }

  #offerCalendars() {
    const writable = [...this.#calendars.values()].filter((one) => one.editable);
    this.control("calendar")?.replaceChildren(...writable.map((one) => new Option(one.name, one.id)));
  }

  #clear() {
    this.#refusal.hidden = true;
    for (const error of this.#form.querySelectorAll(".iw-field-error")) error.remove();
    for (const one of this.#form.querySelectorAll("[aria-invalid]")) one.removeAttribute("aria-invalid");
  }

  #showErrors(fields, asked) {
    for (const [field, errors] of Object.entries(fields)) {
      const input = this.control(field);
      if (!input || (asked && !asked[field])) continue; // what was still empty then is no mistake yet
      input.setAttribute("aria-invalid", "true");
      input.closest("p").append(Object.assign(node("small", errors.join(" ")), { className: "iw-bad iw-field-error" }));
    }
    if (!asked) this.#form.querySelector("[aria-invalid]")?.focus();
  }

  #showRefusal({ error, code, conflicts = [], alternatives = [] }) {
    const part = (name) => this.#refusal.querySelector(`[data-${name}]`);
    part("text").textContent = error;
    part("conflicts").replaceChildren(...conflicts.map((one) => node("li", one)));
    part("alternatives").replaceChildren(...alternatives.map((one) => this.#alternative(one)));
    part("anyway").hidden = code !== "closed";
    this.#refusal.hidden = false;
  }

  #alternative({ label, day, time }) {
    const button = Object.assign(node("button", label), { type: "button", className: "iw-button" });
    button.addEventListener("click", () => {
      this.control("day").value = day;
      this.control("time").value = time;
      this.check();
    });
    return button;
  }

  async #submit(event) {
    event.preventDefault();
    const number = (this.#questions += 1);
    const button = event.submitter;
    if (button) button.disabled = true;
    const answer = await post(this.#address, this.fields());
    if (button) button.disabled = false;
    if (!answer.ok && number !== this.#questions) return; // another time has been chosen meanwhile
    this.#clear();
    if (!answer.ok) return this.refuse(answer);
    this.dialog.close("saved");
    this.#changed(this.#sentenceOf(answer), answer.undo);
  }
}
