import assert from "node:assert/strict";
import test from "node:test";

import { createArea } from "./area.js";

/** An element that knows as much as the inbox asks of it. */
class Element {
  value = "";
  hidden = false;
  dataset = {};
  children = [];
  listeners = {};
  classList = { toggle() {} };

  setAttribute() {}
  focus() {}
  append(...more) {
    this.children.push(...more);
  }
  replaceChildren(...next) {
    this.children = next;
  }
  get firstChild() {
    return this.children[0];
  }
  addEventListener(type, work) {
    this.listeners[type] = work;
  }
  /** All elements below this one. */
  *[Symbol.iterator]() {
    for (const child of this.children) if (child instanceof Element) yield* [child, ...child];
  }
}

const sockets = [];
const timers = [];
const config = { list: "/inbox/list/", replies: [], most_chars: { reply: 60, note: 40, hand_back: 10 } };
const token = { value: "t" };
Object.assign(globalThis, {
  sessionStorage: createArea(),
  location: { origin: "https://desk.example.com", reload() {} },
  document: {
    createElement: () => new Element(),
    getElementById: () => ({ textContent: JSON.stringify(config) }),
    querySelector: () => token,
  },
  WebSocket: class {
    constructor() {
      sockets.push(this);
    }
  },
});
const { Composer } = await import("../../static/admin-extra/inbox/composer.js");
const { connect } = await import("../../static/admin-extra/inbox/server.js");
const { draftOf } = await import("../../static/admin-extra/inbox/drafts.js");
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A composer in which a reply is being sent: `answer(sent)` is the server's answer. */
function sending(id, text) {
  const sent = [];
  let answer;
  const onSend = (mode, words, files) => {
    sent.push([mode, words, files]);
    return new Promise((resolve) => (answer = resolve));
  };
  const composer = new Composer({ onSend, onTyping() {} });
  const box = [...composer.el].find((one) => one.rows);
  const type = (words) => {
    box.value = words;
    box.listeners.input();
  };
  composer.open(id, {});
  type(text);
  composer.send();
  const answered = async (ok) => {
    answer(ok);
    await settled();
  };
  return { composer, box, sent, type, answered };
}

test("what is typed while a reply is being sent stays for the next one", async () => {
  const { box, sent, type, answered } = sending("c-1", "Yes, to the left.");
  assert.equal(box.value, "");
  type("And a ramp");
  await answered(true);
  assert.deepEqual(sent, [["reply", "Yes, to the left.", []]]);
  assert.equal(box.value, "And a ramp");
  assert.equal(draftOf("c-1", "reply"), "And a ramp");
});

test("a reply that could not be sent comes back before what was typed since", async () => {
  const { box, type, answered } = sending("c-2", "Yes, to the left.");
  type("And a ramp");
  await answered(false);
  assert.equal(box.value, "Yes, to the left.\nAnd a ramp");
});

test("a reply that could not be sent comes back to its own conversation", async () => {
  const { composer, box, type, answered } = sending("c-3", "Yes, to the left.");
  composer.open("c-4", {});
  type("Hello.");
  await answered(false);
  assert.equal(box.value, "Hello.");
  composer.open("c-3", {});
  assert.equal(box.value, "Yes, to the left.");
});

test("a text that is too long stays whole in the box and says by how much, until it is shortened", async () => {
  const { composer, box, sent, type, answered } = sending("c-7", "Hello.");
  await answered(true);
  const says = () => [...composer.el].find((one) => one.className === "iw-bad").textContent;
  type("\u{1f600}".repeat(62));
  composer.send();
  assert.equal(box.value, "\u{1f600}".repeat(62));
  assert.equal(says(), "2 characters too many: the limit is 60.");
  assert.equal(sent.length, 1);
  composer.focus("note"); // has a draft and a limit of its own
  assert.equal(says(), "");
  type("x".repeat(41));
  assert.equal(says(), "1 character too many: the limit is 40.");
  type("x".repeat(40));
  composer.send();
  assert.deepEqual(sent.at(-1), ["note", "x".repeat(40), []]);
});

/** The composer's list of files answers as the server does. */
async function attach(composer, name, id) {
  globalThis.fetch = async () => ({
    headers: new Headers({ "Content-Type": "application/json" }),
    json: async () => ({ file: { id, name } }),
  });
  const input = [...composer.el].find((one) => one.accept);
  input.files = [{ name }];
  globalThis.FormData = class {
    append() {}
  };
  input.listeners.change();
  await settled();
}

test("a file that was attached while a reply was being sent goes with the next one", async () => {
  const { composer, sent, type, answered } = sending("c-5", "First.");
  await attach(composer, "plan.pdf", "f-1");
  await answered(true);
  type("Second.");
  composer.send();
  assert.deepEqual(sent.at(-1), ["reply", "Second.", ["f-1"]]);
  await answered(false);
  composer.send();
  assert.deepEqual(sent.at(-1), ["reply", "Second.", ["f-1"]]); // neither is lost
});

test("a page that is refused does not ask again, and says so", async (t) => {
  t.mock.method(globalThis, "setInterval", () => 0);
  t.mock.method(globalThis, "setTimeout", (work) => timers.push(work));
  const said = [];
  connect(
    () => {},
    (...words) => said.push(words),
  );
  sockets.at(-1).onclose({ code: 1006 });
  timers.pop()();
  assert.equal(sockets.length, 2);
  sockets.at(-1).onclose({ code: 4403 });
  assert.deepEqual(timers, []);
  assert.deepEqual(said, [
    [false, false],
    [false, true],
  ]);
});
