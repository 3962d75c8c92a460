// Whether a mouse button, a finger or a pen is being held down: what is under it must not move until it is let go.

let isHeld = false;
let waiting = [];

addEventListener(
  "pointerdown",
  ({ button, target }) => {
    isHeld = button === 0 && target.nodeName !== "SELECT"; // a select's list may keep the end of the press to itself
  },
  true,
);
for (const type of ["pointerup", "pointercancel"]) addEventListener(type, letGo, true);
addEventListener("pointermove", ({ buttons }) => buttons === 0 && letGo(), true); // it ended outside of the page
addEventListener("blur", letGo);

function letGo() {
  if (!isHeld) return;
  isHeld = false;
  setTimeout(() => waiting.splice(0).forEach((resolve) => resolve())); // after the click that the press becomes
}

/** Resolves once nothing is held down. */
export const released = () => (isHeld ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve());
