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
  const request = async (/** @type {string} */ url, /** @type {any} */ { headers, body }) => {
    const status = statuses.shift() ?? 201;
    asked.push({ at: url.split("/").at(-1), bearer: headers.Authorization, ...JSON.parse(body) });
    return {
      status,
      ok: status === 201,
      headers: new Headers({ "Retry-After": "7" }),
      json: async () => ({ token: `t-${asked.length}`, expires_at: LATER, user: "7", reason: "expired" }),
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

/** How a page logs its visitor in, and what it heard of it. */
function login(/** @type {string | undefined} */ identity = "signed") {
  /** @type {any[]} */
  const heard = [];
  const stated = {
    state: async () => identity && { identity, id: "7" },
    refused: (/** @type {any} */ { reason }) => void heard.push(reason),
    accepted: (/** @type {any} */ { user }) => void heard.push(user),
  };
  return { heard, stated: /** @type {any} */ (stated) };
}

test("a login takes the place of the session, and is stated again when that expires", async () => {
  const { asked, session } = started({ session: { token: "guest", expires_at: LATER } });
  const { heard, stated } = login();
  const loggedIn = session.logIn(stated);
  assert.equal(await session.token(), "t-1"); // not the guest's, which is about to be refused
  await loggedIn;
  assert.equal(await session.token("t-1"), "t-2");
  assert.deepEqual(heard, ["7", "7"]);
  assert.deepEqual(
    asked.map(({ at, bearer, identity }) => [at, bearer, identity]),
    [
      ["identity", "Bearer guest", "signed"],
      ["identity", undefined, "signed"],
    ],
  );
});

test("a login that is refused says why, and the visitor goes on without", async () => {
  const { asked, session } = started({}, [403]);
  const { heard, stated } = login();
  await session.logIn(stated);
  assert.equal(await session.token("t-2"), "t-3");
  assert.deepEqual(heard, ["expired"]);
  assert.deepEqual(
    asked.map(({ at }) => at),
    ["identity", "sessions", "sessions"],
  );
});

test("without a token there is no login, and after a log-out none is stated", async () => {
  const { asked, session } = started();
  await session.logIn(login("").stated);
  await session.logIn(login().stated);
  await session.logIn();
  await session.token("t-2");
  assert.deepEqual(
    asked.map(({ at }) => at),
    ["sessions", "identity", "sessions"],
  );
});
