/** Back, where the panel covers the page. */

/** @param {import("../store.js").Store} store @param {() => void} close */
export function createBackButton(store, close) {
  /** @type {(() => void) | undefined} */
  let release;
  /** Once it is loaded, Back is waited for as soon as the panel is open. @type {typeof import("../back/index.js").closeOnBack | undefined} */
  let closeOnBack;
  return async () => {
    release?.();
    release = undefined;
    if (!store.get().open || !matchMedia("(max-width: 640px)").matches) return;
    closeOnBack ??= (await import("../back/index.js")).closeOnBack;
    if (store.get().open) release ??= closeOnBack(close);
  };
}
