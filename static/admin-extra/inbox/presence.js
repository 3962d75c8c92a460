// Who looks at the open conversation, and who is typing.

import { config } from "./server.js";

const HERE_MS = 45_000; // after which somebody who was looking at it is taken to have gone
const TYPING_MS = 5_000;

/** Keeps `el` saying who is there. */
export function createPresence(el) {
  let visitorTyped = 0;
  const here = new Map(); // user → { name, at, typed }

  function draw() {
    const now = Date.now();
    const others = [...here.values()].filter(({ at }) => now - at < HERE_MS);
    const said = others.map(({ name, typed }) =>
      now - typed < TYPING_MS ? `${name} is writing…` : `${name} is here, too.`,
    );
    if (now - visitorTyped < TYPING_MS) said.unshift("The visitor is writing…");
    el.textContent = said.join(" ");
  }

  setInterval(draw, 1_000);

  return {
    draw,
    clear() {
      here.clear();
      visitorTyped = 0;
    },
    /** Somebody looks at it, leaves it, or types. */
    see({ user, name, typing = false, gone = false }) {
      if (user === config.me) return;
      if (gone) here.delete(user);
      else here.set(user, { name, at: Date.now(), typed: typing ? Date.now() : (here.get(user)?.typed ?? 0) });
      draw();
    },
    visitorTypes() {
      visitorTyped = Date.now();
      draw();
    },
    visitorSpoke: () => (visitorTyped = 0),
  };
}
