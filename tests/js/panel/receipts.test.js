import assert from "node:assert/strict";
import { test } from "node:test";

import { createReceipts } from "../../../static/widget/src/panel/receipts.js";

function scene() {
  const sent = [];
  const listeners = new Set();
  const page = {
    hidden: false,
    addEventListener: (_, listener) => listeners.add(listener),
    removeEventListener: (_, listener) => listeners.delete(listener),
    wake: () => listeners.forEach((listener) => listener()),
  };
  const message = (seq, role) => ({ kind: "message", id: String(seq), seq, message: { role } });
  let state = { open: true, seen: 3, items: [message(1, "visitor"), message(3, "staff")] };
  const transport = { online: true, can: () => transport.online, send: (frame) => sent.push(frame.seq) };
  const receipts = createReceipts({ get: () => state }, transport, page);
  return { sent, page, receipts, transport, set: (more) => (state = { ...state, ...more }), message, get: () => state };
}

test("what a person wrote is reported once it is on the screen, and once", () => {
  const { sent, receipts, set, get, message } = scene();
  receipts.update();
  receipts.update();
  assert.deepEqual(sent, [3]);
  set({ seen: 4, items: [...get().items, message(4, "assistant")] });
  receipts.update();
  assert.deepEqual(sent, [3], "the assistant's words are not sent by e-mail");
  set({ seen: 6, items: [...get().items, message(6, "staff")] });
  receipts.update();
  assert.deepEqual(sent, [3, 6]);
});

test("nothing is read in a closed panel, in a tab behind another, or without a connection", () => {
  const { sent, page, receipts, transport, set } = scene();
  set({ open: false });
  receipts.update();
  set({ open: true });
  page.hidden = true;
  receipts.update();
  page.hidden = transport.online = false;
  receipts.update();
  assert.deepEqual(sent, []);
  transport.online = true;
  page.wake();
  assert.deepEqual(sent, [3]);
  receipts.destroy();
});
