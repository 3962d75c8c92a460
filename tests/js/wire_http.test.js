import assert from "node:assert/strict";
import test from "node:test";
import { createUpload } from "../../static/widget/src/files/upload.js";
import { createServer } from "../../static/widget/src/voice/server.js";
import { pieces } from "../../static/widget/src/search/pieces.js";
import { example } from "./wire.js";

const HOST = "https://chat.example.com";

/** Answers as the examples say, and keeps what was asked. @param {...string} names */
function server(...names) {
  /** @type {[string, string, any][]} */
  const asked = [];
  globalThis.fetch = /** @type {any} */ (
    async (/** @type {string} */ url, /** @type {any} */ { method, body }) => {
      const { status, response } = example("http", /** @type {string} */ (names[asked.length]));
      asked.push([method, url.replace(`${HOST}/api/v1/widget/`, ""), JSON.parse(body)]);
      return new Response(response && JSON.stringify(response), { status });
    }
  );
  return asked;
}

test("a voice call asks for and understands what the examples say", async () => {
  const names = ["session-key", "voice-calls.start", "voice-calls.lines", "voice-calls.end"];
  const asked = server(...names);
  const call = createServer(HOST, "token");
  const key = await call.key();
  assert.equal(key.seconds, 600);
  assert.equal(await call.connect(key, "v=0\r\n"), "v=0\r\n");
  const { id, role, text, stopped } = example("http", "voice-calls.lines").request;
  const line = { id, role, text, stopped, done: true };
  assert.equal(await call.save(line), example("http", "voice-calls.lines").response.correction);
  call.end("visitor", { input: 5000, output: 70 });
  assert.deepEqual(
    asked,
    names.map((name) => example("http", name)).map(({ method, path, request }) => [method, path, request]),
  );
});

test("what was found is marked by code points, whatever stands before it", () => {
  const { found } = example("http", "search").response;
  assert.deepEqual(
    pieces(found[0]).filter(([, isMarked]) => isMarked),
    [
      ["check", true],
      ["up", true],
    ],
  );
  assert.deepEqual(pieces({ text: "👋🏽 café", marks: [[3, 7]] }), [
    ["👋🏽 ", false],
    ["café", true],
  ]);
});

test("an upload understands the example's answer", async () => {
  const { status, response, path } = example("http", "files");
  let address = "";
  class Request {
    upload = {};
    status = status;
    responseText = JSON.stringify(response);
    open(/** @type {string} */ _, /** @type {string} */ url) {
      address = url;
    }
    setRequestHeader() {}
    send() {
      /** @type {any} */ (this).onloadend();
    }
  }
  const world = /** @type {any} */ ({ XMLHttpRequest: Request, fetch });
  const file = new File(["%PDF-"], "plan.pdf");
  const { sent } = await createUpload({ host: HOST, token: async () => "token" }, file, world).run(() => {});
  assert.deepEqual([address, sent], [`${HOST}/api/v1/widget/${path}`, response]);
});
