/** Saves what was said in a call, one line after the other: the conversation is in the order in which they were said. */
import { takeLines } from "./events.js";

/** @typedef {import("./events.js").Talk} Talk */

/** @param {import("./server.js").Server} server @param {(text: string) => void} onCorrection for the model */
export function createLineSaver(server, onCorrection) {
  let saving = Promise.resolve();

  /** @param {import("./events.js").Line} line */
  async function save(line) {
    try {
      const correction = await server.save(line);
      if (correction) onCorrection(correction);
    } catch (error) {
      console.warn(`Interworky: a line of the call was not saved. ${error}`);
    }
  }

  return {
    /** Saves what is complete, or everything. @param {Talk} talk @param {boolean} [all] @returns {Talk} without it */
    save(talk, all) {
      const [lines, rest] = takeLines(talk, all);
      for (const line of lines) saving = saving.then(() => save(line));
      // What is written down is read in the conversation.
      return lines.length ? { ...rest, caption: rest.lines.at(-1)?.text ?? "" } : rest;
    },
    /** @returns {Promise<void>} once every line has been saved, or has failed */
    settled: () => saving,
  };
}
