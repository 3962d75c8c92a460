// The page of a day to print: its button does nothing without this script, so it is hidden until now.

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
