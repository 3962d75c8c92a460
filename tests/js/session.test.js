import assert from "node:assert/strict";
import test from "node:test";

import { createSession } from "../../static/widget/src/session.js";

// Older versions of Node have none; browsers do.
if (!globalThis.navigator) Object.assign(globalThis, { navigator: {} });

const LATER = "2099-01-01T00:00:00Z";

/** A storage in memory and a server that remembers what it was asked. */
function started(/** @type {any} */ kept = {}, /** @type {number[]} */ statuses = []) {
  /** @type {any[]} */
  const asked = [];
  const storage = { name: "s", read: () => kept, write: (/** @type {any} */ more) => Object.assign(kept, more) };
  const request = async (/** @type {string} */ _, /** @type {any} */ { headers, body }) => {
    const status = statuses.shift() ?? 201;
    asked.push({ bearer: headers.Authorization, ...JSON.parse(body) });
    return {
      status,
      ok: status === 201,
      headers: new Headers({ "Retry-After": "7" }),
      json: async () => ({ token: `t-${asked.length}`, expires_at: LATER }),
    };
  };
  return {
    asked,
    session: createSession("", "pk_1", /** @type {any} */ (storage), /** @type {any} */ (request), "fr"),
  };
}

test("a session is made in the language of the widget, and kept", async () => {
  const { asked, session } = started();
  assert.equal(await session.token(), "t-1");
  assert.equal(await session.token(), "t-1");
  assert.equal(asked.length, 1);
  assert.deepEqual([asked[0].key, asked[0].locale, typeof asked[0].timezone], ["pk_1", "fr", "string"]);
});

test("a token that is spent or was refused is not used again", async () => {
  const { asked, session } = started({ session: { token: "old", expires_at: "2001-01-01T00:00:00Z" } });
  assert.equal(await session.token(), "t-1");
  assert.equal(await session.token("t-1"), "t-2");
  assert.equal(session.lastToken(), "t-2");
  assert.equal(asked[0].bearer, undefined);
});

test("the next conversation is the same visitor's, or a new one's where the token is refused", async () => {
  const { asked, session } = started({ session: { token: "mine", expires_at: LATER } }, [401]);
  assert.equal(await session.next(), "t-2");
  assert.deepEqual(
    asked.map(({ bearer }) => bearer),
    ["Bearer mine", undefined],
  );
});

test("a refusal carries the time after which to try again", async () => {
  const { session } = started({}, [429]);
  await assert.rejects(session.token(), { final: false, retryAfterMs: 7_000 });
});
