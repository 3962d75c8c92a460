/** One file on its way to the server: its progress, its outcome, and its cancellation. */

/** @typedef {{ sent?: import("../store.js").SentFile, why: string, retryable: boolean }} Outcome */

/**
 * @param {{ host: string, token: (spent?: string) => Promise<string> }} server
 * @param {File} file
 * @param {{ XMLHttpRequest: any, fetch: typeof fetch }} [world]
 */
export function createUpload({ host, token }, file, world = globalThis) {
  /** @type {XMLHttpRequest | undefined} */
  let request;
  /** @type {import("../store.js").SentFile | undefined} */
  let sent;
  let cancelled = false;

  /** @param {string} bearer @param {(done: number) => void} onProgress @returns {Promise<{ status: number, body: any }>} */
  const post = (bearer, onProgress) =>
    new Promise((resolve) => {
      const asking = new world.XMLHttpRequest();
      request = asking;
      asking.open("POST", `${host}/api/v1/widget/files`);
      asking.setRequestHeader("Authorization", `Bearer ${bearer}`);
      asking.upload.onprogress = (/** @type {ProgressEvent} */ { loaded, total }) =>
        onProgress(total ? loaded / total : 0);
      asking.onloadend = () => resolve({ status: asking.status, body: parsed(asking.responseText) });
      const form = new FormData();
      form.append("file", file);
      asking.send(form);
    });

  async function drop() {
    if (!sent) return;
    const headers = { Authorization: `Bearer ${await token()}` };
    await world.fetch(`${host}/api/v1/widget/files/${sent.id}`, { method: "DELETE", headers });
  }

  return {
    /** @param {(done: number) => void} onProgress from 0 to 1 @returns {Promise<Outcome>} */
    async run(onProgress) {
      try {
        let bearer = await token();
        let { status, body } = await post(bearer, onProgress);
        if (status === 401) {
          bearer = await token(bearer);
          ({ status, body } = await post(bearer, onProgress));
        }
        if (status === 201) sent = body;
        if (sent && cancelled) void drop().catch(() => {}); // the server deletes it tomorrow
        const retryable = status === 0 || status === 429 || status >= 500;
        return sent ? { sent, why: "", retryable: false } : { why: String(body?.title ?? ""), retryable };
      } catch {
        return { why: "", retryable: true };
      }
    },
    cancel() {
      cancelled = true;
      request?.abort();
      void drop().catch(() => {});
    },
  };
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
