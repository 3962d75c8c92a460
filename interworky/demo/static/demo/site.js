// "Try the assistant": what a button says is said in the chat. Commands wait in a plain list until the widget has come.
for (const button of document.querySelectorAll("[data-say], [data-open]")) {
  button.addEventListener("click", () => {
    const widget = (window.Interworky ??= []);
    widget.push(["open"]);
    if (button.dataset.say) widget.push(["sendMessage", button.dataset.say]);
  });
}
