/** @typedef {import("../store.js").State} State */

/** Whether there is something to rate, and nobody has. @param {State} state */
export const isToBeRated = ({ conversation, items }) =>
  conversation?.state === "closed" &&
  !conversation.rating &&
  items.some((item) => item.kind === "message" && item.message.role !== "visitor");
