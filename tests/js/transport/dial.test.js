import assert from "node:assert/strict";
import test from "node:test";
import { createDialler } from "../../../static/widget/src/transport/dial.js";
import { stream, world } from "./world.js";

const options = () => ({ host: "http://chat", token: "t", after: () => 0, onEvent() {}, onClose() {} });
const withStream = (more = {}) => world({ respond: async () => new Response(stream().body), ...more });

test("a socket that reached a server resets the count of lost ones", () => {
  const fake = withStream();
  const dial = createDialler(fake.parts);
  for (const reaches of [false, true, false]) {
    dial(options());
    if (reaches) fake.socket.open();
    fake.socket.end();
  }
  dial(options());
  assert.equal(fake.sockets.length, 4, "never two in a row");
  fake.socket.end();
  dial(options());
  assert.deepEqual([fake.sockets.length, fake.asked.length], [4, 1]);
});

test("a page that forbids sockets, and a browser without any, get the stream, and the page is not asked again", () => {
  let attempts = 0;
  const fake = withStream();
  class Forbidden {
    constructor() {
      attempts += 1;
      throw new Error("forbidden by the page's policy");
    }
  }
  const dial = createDialler({ ...fake.parts, WebSocket: /** @type {any} */ (Forbidden) });
  dial(options());
  dial(options());
  assert.deepEqual([attempts, fake.asked.length], [1, 2]);
  createDialler({ ...fake.parts, WebSocket: undefined })(options());
  assert.equal(fake.asked.length, 3);
});
