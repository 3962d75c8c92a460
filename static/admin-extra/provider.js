// A provider's form: shows what the chosen preset fills in, and offers the models that a connection test has found.

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

function offerModels() {
  for (const field of document.querySelectorAll("input[data-models]")) {
    const list = document.createElement("datalist");
    list.id = `${field.name}-models`;
    const options = JSON.parse(field.dataset.models).map((value) =>
      Object.assign(document.createElement("option"), { value }),
    );
    list.append(...options);
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
