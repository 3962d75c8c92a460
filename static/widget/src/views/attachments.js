/** The files for a message, by a module of its own, which is loaded where staff allow files. */

const no = () => false;

/** @param {Omit<Parameters<typeof import("../files/index.js").createFiles>[0], "limits">} composer
 * @param {import("./index.js").Actions} actions @param {import("./index.js").Page} page */
export function createAttachments(composer, actions, page) {
  /** @type {import("../files/index.js").Files | undefined} */
  let files;
  let isLoading = false;

  /** @param {NonNullable<import("../store.js").Config["files"]>} limits */
  async function load(limits) {
    isLoading = true;
    try {
      const { createFiles } = await import("../files/index.js");
      files = createFiles({ ...composer, limits }, actions, page);
    } finally {
      isLoading = false;
    }
  }

  return {
    has: () => (files?.has ?? no)(),
    isBusy: () => (files?.isBusy ?? no)(),
    take: () => files?.take() ?? [],
    clear: () => files?.clear(),
    /** @param {import("./index.js").State} state */
    update({ config, open }) {
      if (config.files && open && !files && !isLoading) load(config.files).catch(() => {}); // with the next change, again
    },
  };
}
