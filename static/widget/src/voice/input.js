/** The microphone of one call: opened, muted, exchanged for another, and its loudness shown. */
import { createMeter, openMicrophone, whyNone } from "./microphone.js";
import { NoCall } from "./server.js";

/** @param {(level: number) => void} showLevel */
export function createInput(showLevel) {
  /** @type {MediaStreamTrack | undefined} */ let track;
  /** @type {ReturnType<typeof createMeter> | undefined} */ let meter;
  return {
    async open() {
      track = await openMicrophone().catch((error) => {
        throw new NoCall(whyNone(error), String(error));
      });
      return track;
    },
    /** @param {MediaStreamTrack} opened */
    measure: (opened) => (meter = createMeter(showLevel)).listen(opened),
    /** @param {boolean} muted @returns {boolean} whether there is a microphone */
    mute(muted) {
      if (track) track.enabled = !muted;
      return Boolean(track);
    },
    /** @param {MediaStreamTrack} other that the provider hears from now on */
    replace(other) {
      track?.stop();
      track = other;
      meter?.listen(other);
    },
    close() {
      track?.stop();
      meter?.close();
    },
  };
}
