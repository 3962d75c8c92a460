/** The form on a card: inputs by their type, checked before they are sent, and what the server says of each. */
import { h } from "../dom.js";
import { randomHex } from "../random.js";

/** @typedef {import("../store.js").Field} Field @typedef {import("./cards.js").CardContext} CardContext */
/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Input */

const AUTOCOMPLETE = { name: "name", email: "email", phone: "tel", tel: "tel" };

/** A one-time code, as phones and keyboards know it. */
const CODE = { type: "text", inputmode: "numeric", autocomplete: "one-time-code", maxlength: "12" };

/** A number, as text: a number input of a browser takes no digits but 0 to 9, and the server reads those of any script. */
const NUMBER = { type: "text", inputmode: "decimal" };

/** What a ticked box is sent as. */
const TICKED = "yes";

/** @param {Field[]} fields @param {CardContext["t"]} t @param {(values: Record<string, string>) => void} onSubmit
 * @param {HTMLElement[]} buttons @param {string} [problem] with the last answer */
export function drawForm(fields, t, onSubmit, buttons, problem = "") {
  const places = fields.map((field, place) => drawField(field, t, field.problem || (place === 0 ? problem : "")));

  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    for (const { input, why, type, optional } of places) {
      why.textContent = problemWith(input, type, optional, t);
      input.setAttribute("aria-invalid", String(why.textContent !== ""));
    }
    const wrong = places.find(({ why }) => why.textContent);
    if (wrong) wrong.input.focus();
    else onSubmit(Object.fromEntries(places.map(({ input }) => [input.name, valueOf(input)])));
  }

  return h(
    "form",
    { novalidate: true, onsubmit: submit },
    places.map(({ el }) => el),
    h("div", { class: "buttons" }, buttons),
  );
}

/** What can be said before the server is asked, which judges for itself; "" where nothing is wrong.
 * @param {Input} input @param {string} type @param {boolean} optional @param {CardContext["t"]} t */
function problemWith(input, type, optional, t) {
  const value = valueOf(input);
  if (!value) return optional ? "" : t.required;
  if (type === "number" && !/\p{Nd}/u.test(value)) return t.number;
  return input.validity.typeMismatch ? t.email : "";
}

/** @param {Field} field @param {CardContext["t"]} t @param {string} problem */
function drawField({ name, label, type, value = "", optional = false, help = "", options = [] }, t, problem) {
  const id = `field-${randomHex(4)}`;
  const props = {
    id,
    name,
    autocomplete: AUTOCOMPLETE[/** @type {keyof typeof AUTOCOMPLETE} */ (name)] ?? "off",
    "aria-required": String(!optional),
    "aria-describedby": `${id}-help ${id}-why`,
    "aria-invalid": problem ? "true" : null,
    dir: "auto",
  };
  const input = drawInput(type, props, options);
  if (input instanceof HTMLInputElement && type === "checkbox") input.checked = value === TICKED;
  else input.value = value;
  const text = h("label", { for: id }, h("bdi", null, label), optional ? ` ${t.optional}` : "");
  const why = h("p", { class: "why", id: `${id}-why` }, problem);
  const hint = help ? h("p", { class: "small", id: `${id}-help`, dir: "auto" }, help) : "";
  const first = type === "checkbox" ? h("div", { class: "tick" }, input, text) : text;
  return {
    input,
    why,
    type,
    optional,
    el: h("div", { class: "input" }, first, type === "checkbox" ? "" : input, hint, why),
  };
}

/** @param {string} type @param {Record<string, unknown>} props @param {string[]} options @returns {Input} */
function drawInput(type, props, options) {
  if (type === "textarea") return h("textarea", { ...props, rows: "3" });
  if (type === "select")
    return h(
      "select",
      props,
      ["", ...options].map((option) => h("option", { value: option }, option)),
    );
  return h("input", { ...props, ...(type === "code" ? CODE : type === "number" ? NUMBER : { type }) });
}

/** @param {Input} input */
const isTick = (input) => input instanceof HTMLInputElement && input.type === "checkbox";

/** @param {Input} input */
const valueOf = (input) =>
  isTick(input) ? (/** @type {HTMLInputElement} */ (input).checked ? TICKED : "") : input.value.trim();

/** @param {HTMLElement} el @returns {NodeListOf<Input>} */
export const inputsOf = (el) => el.querySelectorAll("form :is(input, textarea, select)");

/** What has been typed into a card, to be put back when it is redrawn. @param {HTMLElement} el */
export function keepTyped(el) {
  const kept = [...inputsOf(el)].map((input) => ({ name: input.name, value: input.value, tick: valueOf(input) }));
  return () => {
    for (const input of inputsOf(el)) {
      const before = kept.find(({ name }) => name === input.name);
      if (!before) continue;
      if (isTick(input)) /** @type {HTMLInputElement} */ (input).checked = before.tick === TICKED;
      else input.value = before.value;
    }
  };
}
