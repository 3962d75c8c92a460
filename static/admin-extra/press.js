// Whether a mouse button, a finger or a pen is being held down: what is under it must not move before the click has come.

/** A finger has left the screen before its click comes, which may be after a timeout of zero. */
const CLICK_MS = 60;

let isHeld = false;
let timer;
let waiting = [];

addEventListener("pointerdown", begin, true);
addEventListener("pointerup", () => endAfter(CLICK_MS), true);
// After the listeners of the click, which may look at what they were set on.
for (const type of ["click", "pointercancel"]) addEventListener(type, () => endAfter(0), true);
addEventListener("pointermove", ({ buttons }) => buttons === 0 && endAfter(0), true); // it ended outside of the page
addEventListener("blur", () => endAfter(0));

function begin({ button, target }) {
  clearTimeout(timer);
  if (button === 0 && target.nodeName !== "SELECT") isHeld = true;
  else end(); // a select's list may keep the end of the press to itself
}

function endAfter(ms) {
  if (!isHeld) return;
  clearTimeout(timer);
  timer = setTimeout(end, ms);
}

function end() {
  isHeld = false;
  waiting.splice(0).forEach((resolve) => resolve());
}

/** Resolves once nothing is held down. */
export const released = () => (isHeld ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve());
