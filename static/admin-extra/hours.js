// Copies the hours of a weekday to the days below it. Loaded by the form of a calendar.

document.addEventListener("DOMContentLoaded", () => {
  const buttons = [...document.querySelectorAll("[data-copy-hours]")];
  if (buttons.length) buttons[buttons.length - 1].hidden = true; // below Sunday there is none
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy-hours]");
  if (!button) return;
  const inputs = [...document.querySelectorAll(".iw-hours input")];
  const source = button.closest(".iw-hours").querySelector("input");
  for (const input of inputs.slice(inputs.indexOf(source) + 1)) {
    input.value = source.value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
});
