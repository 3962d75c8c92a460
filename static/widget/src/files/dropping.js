/** Files that are pasted into the panel or dropped onto it. */
import { h } from "../dom.js";

/**
 * @param {HTMLElement} panel @param {string} invitation shown while files are dragged over it
 * @param {() => boolean} isOpen whether a message can be written now @param {(files: FileList) => void} add
 */
export function acceptFiles(panel, invitation, isOpen, add) {
  const drop = h("p", { class: "drop", hidden: true, "aria-hidden": "true" }, invitation);
  panel.append(drop);
  const offered = (/** @type {DataTransfer | null} */ data) => Boolean(data?.types.includes("Files")) && isOpen();
  let inside = 0; // elements that the pointer has entered and not left
  /** @type {Record<string, (event: any) => void>} */
  const listeners = {
    paste(event) {
      if (!event.clipboardData?.files.length) return;
      event.preventDefault();
      add(event.clipboardData.files);
    },
    dragenter(event) {
      if (offered(event.dataTransfer)) drop.hidden = ++inside === 0;
    },
    dragover: (event) => offered(event.dataTransfer) && event.preventDefault(),
    dragleave(event) {
      if (offered(event.dataTransfer)) drop.hidden = --inside <= 0;
    },
    drop(event) {
      inside = 0;
      drop.hidden = true;
      if (!offered(event.dataTransfer)) return;
      event.preventDefault();
      add(event.dataTransfer.files);
    },
  };
  for (const [name, listener] of Object.entries(listeners)) panel.addEventListener(name, listener);
}
