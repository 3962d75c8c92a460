// The preview of an import: narrows a long list to the lines that hold what was typed, and selects those that are shown.

document.addEventListener("DOMContentLoaded", () => {
  for (const control of document.querySelectorAll("[data-narrow], [data-tick]")) control.hidden = false;
});

document.addEventListener("input", (event) => {
  if (!event.target.dataset.narrow) return;
  const wanted = event.target.value.trim().toLowerCase();
  for (const line of document.getElementById(event.target.dataset.narrow).querySelectorAll("[data-words]")) {
    line.hidden = !line.dataset.words.toLowerCase().includes(wanted);
  }
});

document.addEventListener("click", (event) => {
  const tick = event.target.closest("[data-tick]");
  if (!tick) return;
  const shown = document
    .getElementById(tick.dataset.tick)
    .querySelectorAll("[data-words]:not([hidden]) > input:enabled");
  const all = [...shown].every((box) => box.checked);
  for (const box of shown) box.checked = !all;
});

// Enter in the filter is meant for the list, not for the whole form.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.dataset.narrow) event.preventDefault();
});
