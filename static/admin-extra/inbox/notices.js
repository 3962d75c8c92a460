// What has just happened, in words and with a sound: for those events that this person wants to be told of here.

import { config } from "./server.js";

const SHOWN_MS = 15_000;
const place = document.getElementById("inbox-notice");
let audio;
let hiding;

// Browsers allow sounds once somebody has clicked or typed on the page.
addEventListener("pointerdown", () => (audio ??= new AudioContext()), { once: true });
addEventListener("keydown", () => (audio ??= new AudioContext()), { once: true });

/** Shows a notice, unless it is for somebody else, unwanted, or about what is on the screen. Answers whether it did. */
export function notice({ event, title, only, conversation }, isOpen) {
  if (!config.told.includes(event) || (only !== null && only !== config.me)) return false;
  if (isOpen(conversation) && !document.hidden) return false;
  place.textContent = title;
  place.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => (place.hidden = true), SHOWN_MS);
  chime();
  return true;
}

/** Two soft notes, made here: a file would be one more request. */
function chime() {
  if (audio?.state !== "running") return;
  for (const [place, frequency] of [660, 880].entries()) {
    const start = audio.currentTime + place * 0.14;
    const tone = new OscillatorNode(audio, { frequency });
    const volume = new GainNode(audio, { gain: 0 });
    volume.gain.setValueAtTime(0.12, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.3);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.3);
  }
}
