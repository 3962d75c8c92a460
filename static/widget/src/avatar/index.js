/** The assistant's picture: in the header in place of its first letter, and beside its messages. Loaded where there is one. */
import { h } from "../dom.js";

/** @typedef {(size: number) => HTMLCanvasElement} Draw a picture for a place of `size` CSS pixels */

const SHARPEST = 3; // pixels of a screen for one of CSS: nobody sees more

/** Fetched and drawn, not an `img`: a page's policy has to allow our server for connections already, and for images it need
 * not. @param {string} address @returns {Promise<Draw>} */
export async function fetchPicture(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`the picture is not there (${response.status})`);
  return drawer(await createImageBitmap(await response.blob()));
}

/** @param {CanvasImageSource} picture @returns {Draw} */
export const drawer = (picture) => (size) => {
  const canvas = h("canvas", { class: "face", "aria-hidden": "true" });
  canvas.width = canvas.height = Math.ceil(size * Math.min(devicePixelRatio || 1, SHARPEST));
  const pen = canvas.getContext("2d");
  if (pen) {
    pen.imageSmoothingQuality = "high";
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  }
  return canvas;
};
