// An open conversation: shows new messages as they arrive, tells the visitor that staff are typing, and keeps a reply that is
// being written while the page is reloaded, as after handing back.

import { released } from "./press.js";
import { update } from "./redraw.js";

const POLL_MS = 3000;
const TYPING_MS = 3000;

async function poll() {
  const talk = document.querySelector("[data-seq-url]");
  if (!talk || document.hidden) return; // closed meanwhile, or in a tab that nobody looks at
  try {
    const { seq } = await (await fetch(talk.dataset.seqUrl)).json();
    if (String(seq) === talk.dataset.seq) return;
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.ok || !page.querySelector("#talk")) return;
    await released(); // a new message moves the buttons below it
    updateParts(page);
  } catch {
    // The network may be back at the next poll.
  }
}

/** Makes the parts that change as those of `page`; what somebody is doing in them goes on. */
function updateParts(page) {
  for (const name of ["#talk", ".iw-top", "#answer", "#notes"]) {
    const [part, next] = [document.querySelector(name), page.querySelector(name)];
    if (part && next) update(part, next);
    else if (part && !isBegun(part)) part.remove();
  }
}

/** Whether a text is being written in it, which stays even where it cannot be sent any longer. */
function isBegun(part) {
  const box = part.querySelector("textarea");
  return box && (box.value || box === document.activeElement);
}

/** What is too long cannot be sent, and says by how much: cut, it would be sent without its end. */
function checkLength(box) {
  const excess = [...box.value.trim()].length - Number(box.dataset.most);
  const most = Number(box.dataset.most).toLocaleString();
  box.setCustomValidity(excess > 0 ? `Shorten it by ${excess.toLocaleString()} to ${most} characters at most.` : "");
  if (excess > 0) box.reportValidity();
}

document.addEventListener("input", ({ target }) => target.dataset.most && checkLength(target));

let typedAt = 0;
document.addEventListener("input", ({ target }) => {
  if (!target.dataset.typing || Date.now() - typedAt < TYPING_MS) return;
  typedAt = Date.now();
  fetch(target.dataset.typing, { method: "POST", body: new FormData(target.form) });
});

const draftKey = () => `iw-draft ${location.pathname}`; // for as long as the tab is open

document.addEventListener("input", ({ target }) => {
  if (target.dataset.typing) sessionStorage.setItem(draftKey(), target.value);
});
document.addEventListener("submit", ({ target, submitter }) => {
  if (target.closest("#answer") && submitter?.name !== "hand_back") sessionStorage.removeItem(draftKey());
});

document.addEventListener("DOMContentLoaded", () => {
  const box = document.querySelector("#answer textarea");
  if (box) {
    box.value ||= sessionStorage.getItem(draftKey()) ?? "";
    checkLength(box);
  }
  if (document.querySelector("[data-seq-url]")) setInterval(poll, POLL_MS);
});
