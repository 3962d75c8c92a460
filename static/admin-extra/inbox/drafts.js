// Drafts, which stay in this tab until they are sent.

const keyOf = (id, mode) => `iw-inbox ${mode} ${id}`;

export const draftOf = (id, mode) => sessionStorage.getItem(keyOf(id, mode)) ?? "";

/** Keeps `text`; an empty one is no draft. */
export function keepDraft(id, mode, text) {
  if (text) sessionStorage.setItem(keyOf(id, mode), text);
  else sessionStorage.removeItem(keyOf(id, mode));
}
