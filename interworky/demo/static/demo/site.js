// "Try the assistant": a click sends the button's text to the chat. Commands wait in a plain list until the widget has loaded.
for (const button of document.querySelectorAll("[data-say], [data-open]")) {
  button.addEventListener("click", () => {
    const widget = (window.Interworky ??= []);
    widget.push(["open"]);
    if (button.dataset.say) widget.push(["sendMessage", button.dataset.say]);
  });
}
