import { createBanner } from "./banner.js";
import { createComposer } from "./composer.js";
import { createHeader } from "./header.js";
import { createMessages } from "./messages.js";

/**
 * @typedef {import("../actions.js").Actions} Actions
 * @typedef {import("../store.js").State} State
 * @typedef {object} Page what every view may ask of its surroundings
 * @property {import("../locales/index.js").Strings} t
 * @property {import("../locales/index.js").Voice} [voice] the words of a call; English has them with the module
 * @property {string} locale @property {string} host
 * @property {string} mode `page` where the chat is the whole page, `inline` where it is a part of it: then it cannot be closed
 * @property {Promise<import("../avatar/index.js").Draw>} [picture] the assistant's, where there is one
 * @property {import("../panel/clicks.js").Clicks} clicks what waits for them
 * @property {(text: string) => void} announce says `text` to a screen reader, once
 * @typedef {{ el: HTMLElement, update(state: State, before: State): void }} View
 */

/** The panel from top to bottom. @type {((actions: Actions, page: Page) => View)[]} */
export const VIEWS = [createHeader, createBanner, createMessages, createComposer];
