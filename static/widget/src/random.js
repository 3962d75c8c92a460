/** `bytes` random bytes as hexadecimal digits. Ids must differ, not be secret: a page without `crypto` (an old WebView, a
 * script that hides it) still chats. @param {number} bytes */
export function randomHex(bytes) {
  const values = new Uint8Array(bytes);
  const source = /** @type {Crypto | undefined} */ (globalThis.crypto);
  if (source) source.getRandomValues(values);
  else for (let place = 0; place < bytes; place += 1) values[place] = Math.floor(Math.random() * 256);
  let text = "";
  for (const value of values) text += value.toString(16).padStart(2, "0");
  return text;
}
