// What has just been done, above the calendar, with a button that undoes it where that is possible.

/** `undo(token)` undoes what a token is for; answers a sentence. */
export function createSaid(undo) {
  const el = document.getElementById("said");

  function say(text, token) {
    el.replaceChildren(Object.assign(document.createElement("span"), { textContent: text }));
    if (token) el.append(undoButton(token));
    el.hidden = false;
  }

  function undoButton(token) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Undo" });
    button.className = "iw-button";
    button.addEventListener("click", async () => say(await undo(token)));
    return button;
  }

  return say;
}
