// Adds a row to a table inside a form, such as a method's parameters. Loaded by `RowsWidget`.

document.addEventListener("click", (event) => {
  const add = event.target.closest("[data-rows-add]");
  if (!add) return;
  const rows = add.closest("[data-rows]");
  const count = rows.querySelector("[data-rows-count]");
  const line = rows.querySelector("template").content.cloneNode(true);
  for (const field of line.querySelectorAll("[name]")) {
    field.name = field.name.replace("__row__", count.value);
  }
  count.value = Number(count.value) + 1;
  rows.querySelector("tbody").append(line);
  rows.querySelector("tbody tr:last-child input").focus();
});

// The button does nothing without this script, so it is hidden until now.
document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("[data-rows-add]")) button.hidden = false;
});
