// Files in the inbox: those of messages, and those that staff attach to a reply.

import { button, h, icon } from "./dom.js";
import { attach, change } from "./server.js";

const ACCEPTED = "image/png,image/jpeg,image/webp,image/gif,application/pdf";

/** A file of a message: a link that downloads it, with a small picture if it is an image. */
export const sentFile = (file) =>
  h(
    "a",
    { className: "iw-file", href: file.url },
    file.thumbnail ? h("img", { src: file.thumbnail, alt: "", loading: "lazy" }) : icon("description"),
    h("span", {}, h("bdi", {}, file.name), h("small", {}, file.size)),
  );

/** Calls `add(file)` for each file that is pasted into `el` or dropped onto it, while `isOpen()`. */
function acceptFiles(el, isOpen, add) {
  const take = (event, data) => {
    if (!data?.files.length || !isOpen()) return;
    event.preventDefault();
    [...data.files].forEach(add);
  };
  el.addEventListener("paste", (event) => take(event, event.clipboardData));
  el.addEventListener("dragover", (event) => event.dataTransfer.types.includes("Files") && event.preventDefault());
  el.addEventListener("drop", (event) => take(event, event.dataTransfer));
}

const attachedFile = (file, onRemove) =>
  h(
    "li",
    { className: file.error ? "iw-bad" : "" },
    h("span", {}, h("bdi", {}, file.name), h("small", {}, file.error ?? (file.id ? "" : "Uploading…"))),
    h("button", { type: "button", "aria-label": `Remove ${file.name}`, onclick: onRemove }, "×"),
  );

function detach(id, files) {
  for (const file of files) if (file.id) change(id, "detach", { file: file.id });
}

const attachButton = (onclick) =>
  button(icon("attach_file"), onclick, {
    className: "iw-button iw-inbox-attach",
    "aria-label": "Attach files",
    title: "Attach files",
  });

/** Files for the next reply; `onChange()` is called whenever they change, `into` takes what is dropped or pasted. */
export function createAttachments(into, onChange) {
  let id = "";
  let files = []; // { name, id?, error? }
  const input = h("input", { type: "file", multiple: true, accept: ACCEPTED, hidden: true });
  const list = h("ul", { className: "iw-inbox-files", "aria-label": "Files to send" });
  const add = attachButton(() => input.click());
  input.addEventListener("change", () => {
    [...input.files].forEach(upload);
    input.value = "";
  });
  acceptFiles(into, () => !add.hidden, upload);

  function replace(next) {
    const before = files;
    files = next;
    draw();
    return before;
  }

  function draw() {
    list.replaceChildren(...files.map((file) => attachedFile(file, () => remove(file))));
    list.hidden = files.length === 0;
    onChange();
  }

  async function upload(content) {
    const to = id;
    const file = { name: content.name };
    replace([...files, file]);
    const answer = await attach(to, content);
    if (answer.file) Object.assign(file, answer.file);
    else file.error = answer.error;
    if (files.includes(file)) draw();
    else if (answer.file) change(to, "detach", { file: answer.file.id });
  }

  function remove(file) {
    detach(id, [file]);
    replace(files.filter((one) => one !== file));
  }

  return {
    add,
    input,
    list,
    isBusy: () => files.some((file) => !file.id && !file.error),
    ids: () => files.flatMap((file) => file.id ?? []),
    /** Empties the list, for a reply that is being sent; `giveBack` is for one that was not. */
    take: () => replace([]),
    giveBack: (of, taken) => (of === id ? replace([...taken, ...files]) : detach(of, taken)),
    /** Another conversation is open: what was attached here is not sent there. */
    open(next) {
      if (next === id) return;
      detach(id, files);
      id = next;
      replace([]);
    },
  };
}
