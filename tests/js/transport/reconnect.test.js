import assert from "node:assert/strict";
import test from "node:test";
import { Refused } from "../../../static/widget/src/transport/backoff.js";
import { createReconnector } from "../../../static/widget/src/transport/reconnect.js";
import { settle, world } from "./world.js";

/** A reconnector whose connections do nothing: the test ends them and confirms them. */
function reconnector(token = async () => "token-1") {
  const fake = world();
  const dialled = [];
  const statuses = [];
  const link = createReconnector(
    {
      token,
      dial(bearer, onClose) {
        const connection = { bearer, onClose, close: () => (connection.closed = true) };
        dialled.push(connection);
        return connection;
      },
      onStatus: (status) => statuses.push(status),
    },
    fake.parts,
  );
  return { fake, link, dialled, statuses };
}

test("a connection is ready once it is confirmed, and a confirmation of an earlier one counts for nothing", async () => {
  const { link, dialled, statuses } = reconnector();
  link.start();
  await settle();
  assert.equal(link.attempt().ready, undefined);
  link.start();
  await settle();
  link.confirm(dialled[0]);
  assert.deepEqual([link.attempt().ready, dialled[0].closed], [undefined, true]);
  link.confirm(dialled[1]);
  link.confirm(dialled[1]);
  assert.deepEqual(link.attempt(), { connection: dialled[1], ready: true });
  assert.deepEqual(statuses, ["connecting", "connecting", "online"]);
});

test("every failure in a row is waited for longer, and a confirmed connection counts from zero again", async () => {
  const { fake, link, dialled, statuses } = reconnector();
  link.start();
  await settle();
  dialled[0].onClose();
  assert.equal(statuses.at(-1), "offline");
  await fake.pass(750); // half of the way from 500 to 1000 ms
  assert.equal(dialled.length, 2);
  dialled[1].onClose();
  await fake.pass(750);
  assert.equal(dialled.length, 2, "the second failure takes longer");
  await fake.pass(500);
  assert.equal(dialled.length, 3);
  link.confirm(dialled[2]);
  dialled[2].onClose();
  await fake.pass(750);
  assert.equal(dialled.length, 4);
});

test("a token that took so long that another attempt has begun opens no connection", async () => {
  const answers = [];
  const { link, dialled } = reconnector(() => new Promise((resolve) => answers.push(resolve)));
  link.start();
  link.start();
  answers[0]("old");
  answers[1]("new");
  await settle();
  assert.deepEqual(
    dialled.map(({ bearer }) => bearer),
    ["new"],
  );
});

test("nothing is tried again after a stop, not even what was waiting", async () => {
  const { fake, link, dialled } = reconnector();
  link.start();
  await settle();
  dialled[0].onClose();
  link.stop();
  await fake.pass(600_000);
  assert.deepEqual([dialled.length, link.isWanted()], [1, false]);
});

test("a refusal for good ends it, and a later start tries again", async () => {
  const { fake, link, dialled, statuses } = reconnector();
  link.start();
  await settle();
  dialled[0].onClose(new Refused(404));
  await fake.pass(600_000);
  assert.deepEqual([dialled.length, statuses.at(-1), link.isWanted()], [1, "refused", false]);
  link.start();
  await settle();
  assert.equal(dialled.length, 2);
});

test("a refused token is handed back for another one before the next connection", async () => {
  const asked = [];
  const { link, dialled } = reconnector(async (spent) => (asked.push(spent), `token-${asked.length}`));
  link.start();
  await settle();
  dialled[0].onClose(new Refused(401));
  await settle();
  assert.deepEqual(asked, [undefined, "token-1", undefined]);
  assert.equal(dialled[1].bearer, "token-3");
});
