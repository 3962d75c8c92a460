// What the admin's own pages need of script: copying a script tag, and adding rows to a table of a form.
// One listener on the document, so that it works whatever Unfold draws later.

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    const label = copy.querySelector("[data-copy-label]");
    const source = document.getElementById(copy.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
      label.textContent = "Copied";
    } catch {
      // Without https there is no clipboard: select the text, so that one key copies it.
      getSelection().selectAllChildren(source);
      label.textContent = "Press Ctrl+C";
    }
    setTimeout(() => {
      label.textContent = "Copy";
    }, 2500);
    return;
  }

  const add = event.target.closest("[data-rows-add]");
  if (add) {
    const rows = add.closest("[data-rows]");
    const count = rows.querySelector("[data-rows-count]");
    const line = rows.querySelector("template").content.cloneNode(true);
    for (const field of line.querySelectorAll("[name]")) {
      field.name = field.name.replace("__row__", count.value);
    }
    count.value = Number(count.value) + 1;
    rows.querySelector("tbody").append(line);
    rows.querySelector("tbody tr:last-child input").focus();
  }
});

document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("[data-rows-add]")) button.hidden = false;
});

// A provider's preset: what it would fill in is shown where the fields are left empty.
const presets = () => document.querySelector("select[data-presets]");

function showPreset() {
  const select = presets();
  if (!select) return;
  const preset = JSON.parse(select.dataset.presets)[select.value] ?? {};
  for (const name of ["base_url", "auth", "smart", "fast", "realtime", "api_version", "key"]) {
    const field = document.getElementsByName(name)[0];
    if (field) field.placeholder = preset[name] ?? "";
  }
  let note = document.getElementById("preset-note");
  if (!note) {
    note = Object.assign(document.createElement("p"), { id: "preset-note", className: "iw-hint" });
    select.parentElement.after(note); // beside Unfold's frame around the select
  }
  note.textContent = preset.help ?? "";
}

// Models that a test has found, offered while typing.
function offerModels() {
  for (const field of document.querySelectorAll("input[data-models]")) {
    const list = document.createElement("datalist");
    list.id = `${field.name}-models`;
    list.append(
      ...JSON.parse(field.dataset.models).map((value) => Object.assign(document.createElement("option"), { value })),
    );
    field.after(list);
    field.setAttribute("list", list.id);
  }
}

document.addEventListener("change", (event) => {
  if (event.target === presets()) showPreset();
});
document.addEventListener("DOMContentLoaded", () => {
  showPreset();
  offerModels();
});

// A long list, narrowed to the lines that hold what was typed.
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
// Enter there is meant for the list, not for the whole form.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.dataset.narrow) event.preventDefault();
});

// A conversation that goes on: what is new is shown as it comes, and the visitor sees that somebody writes.
const LOOK_MS = 3000;
const TYPING_MS = 3000;
setInterval(async () => {
  const talk = document.querySelector("[data-seq-url]");
  if (!talk || document.hidden) return;
  try {
    const { seq } = await (await fetch(talk.dataset.seqUrl)).json();
    if (String(seq) === talk.dataset.seq) return;
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.ok || !page.querySelector("#talk")) return;
    const opened = [...talk.querySelectorAll("details")].map((part) => part.open);
    page.querySelectorAll("#talk details").forEach((part, place) => {
      part.open = opened[place] ?? part.open;
    });
    const box = document.querySelector("#answer textarea");
    const begun = box && (box.value || box === document.activeElement);
    for (const part of ["#talk", ".iw-top", ...(begun ? [] : ["#answer"])]) {
      document.querySelector(part)?.replaceWith(page.querySelector(part) ?? "");
    }
  } catch {
    // The next look tells.
  }
}, LOOK_MS);

let typedAt = 0;
document.addEventListener("input", ({ target }) => {
  if (!target.dataset.typing || Date.now() - typedAt < TYPING_MS) return;
  typedAt = Date.now();
  fetch(target.dataset.typing, { method: "POST", body: new FormData(target.form) });
});
