/** Back, where the panel covers the page. */

/** @param {import("../store.js").Store} store @param {() => void} close */
export function createBackButton(store, close) {
  /** @type {(() => void) | undefined} */
  let release;
  return async () => {
    release?.();
    release = undefined;
    if (!store.get().open || !matchMedia("(max-width: 640px)").matches) return;
    const { closeOnBack } = await import("../back/index.js");
    if (store.get().open) release ??= closeOnBack(close);
  };
}
