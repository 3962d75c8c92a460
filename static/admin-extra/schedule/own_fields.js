// The fields that staff have added to the form of a service, in the dialog that books it.

/** Shows `fields`, which are as a card of the widget has them, in `place`. What is entered stays in those that stay. */
export function offerFields(place, fields) {
  const before = new Map([...place.querySelectorAll("[name]")].map((one) => [one.name, one]));
  place.replaceChildren(...fields.map((field) => line(field, before.get(field.name) ?? input(field))));
}

function line(field, control) {
  const [line, label] = [document.createElement("p"), document.createElement("label")];
  const name = field.optional ? `${field.label}, optional` : field.label;
  line.dataset.field = field.name;
  if (field.type === "checkbox") {
    label.append(control, ` ${name}`);
    line.append(label);
  } else {
    label.htmlFor = control.id;
    label.textContent = name;
    line.append(label, control);
  }
  if (field.help) line.append(hint(field, control));
  return line;
}

function hint(field, control) {
  const text = Object.assign(document.createElement("small"), { textContent: field.help, className: "iw-hint" });
  text.id = `${control.id}-hint`;
  control.setAttribute("aria-describedby", text.id);
  return text;
}

function input({ name, type, options = [] }) {
  const control = document.createElement(type === "select" ? "select" : "input");
  Object.assign(control, { id: `book-${name}`, name });
  if (type === "checkbox") return Object.assign(control, { type, value: "yes" });
  control.className = "iw-input";
  if (type === "select") control.append(new Option("Not answered", ""), ...options.map((one) => new Option(one, one)));
  else
    Object.assign(control, { maxLength: 300, autocomplete: "off", inputMode: type === "number" ? "decimal" : "text" });
  return control;
}
