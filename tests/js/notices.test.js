import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import vm from "node:vm";

import { createArea } from "./area.js";

const SOURCE = readFileSync(new URL("../../static/admin-extra/notices.js", import.meta.url), "utf8");
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** An element that knows as much as the script asks of it. */
class Element {
  constructor() {
    this.children = [];
    this.attributes = {};
  }
  append(...more) {
    for (const one of more) {
      one.parent = this;
      this.children.push(one);
    }
  }
  prepend(one) {
    one.parent = this;
    this.children.unshift(one);
  }
  setAttribute(name, value) {
    this.attributes[name] = value;
  }
  matches(selector) {
    return selector === ":hover, :focus-within" && Boolean(this.isInUse);
  }
  getClientRects() {
    const { parent } = this;
    return parent?.showsOne && parent.children.at(-1) !== this ? [] : [{}];
  }
  remove() {
    this.parent.children = this.parent.children.filter((one) => one !== this);
  }
}

/** A browser whose tabs share a channel, locks and storage, as tabs do. Its clock is moved by hand. */
class Browser {
  constructor() {
    this.tabs = [];
    this.sockets = [];
    this.area = createArea();
    this.held = new Map(); // name → the end of the line
    this.now = 1_000_000;
    this.timers = [];
  }

  lock(name, work) {
    const before = this.held.get(name) ?? Promise.resolve();
    const mine = before.then(() => work());
    this.held.set(name, mine);
    return mine;
  }

  async pass(ms) {
    this.now += ms;
    const due = this.timers.filter(({ at }) => at <= this.now);
    this.timers = this.timers.filter(({ at }) => at > this.now);
    for (const { work, more } of due) work(...more);
    await settled();
  }

  /** What the server sends on the socket that is open last. */
  async send(event) {
    this.sockets.at(-1).onmessage({ data: JSON.stringify(event) });
    await settled();
    await this.pass(200);
    await settled();
  }
}

/** An open page of the admin. */
class Tab {
  constructor(browser, { path = "/admin/", visible = true, touched = true, loggedIn = true } = {}) {
    this.listeners = {};
    this.session = createArea();
    this.chimes = 0;
    this.opened = [];
    this.parts = new Map();
    this.messages = new Element(); // of the service worker
    if (path.includes("/inbox/")) this.parts.set("inbox", new Element());
    if (loggedIn) this.parts.set("logout-form", new Element());
    this.body = new Element();
    this.body.append = (element) => this.parts.set(element.id, element);
    this.document = {
      title: "Today",
      visibilityState: visible ? "visible" : "hidden",
      body: this.body,
      getElementById: (id) => this.parts.get(id) ?? null,
      createElement: () => new Element(),
    };
    browser.tabs.push(this);
    vm.runInNewContext(SOURCE, this.globals(browser, new URL(path, "https://desk.example.com")));
    if (touched) this.fire("pointerdown");
    this.fire("DOMContentLoaded");
  }

  globals(browser, location) {
    const tab = this;
    const node = { connect: () => node, gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} } };
    return {
      document: this.document,
      location,
      URL,
      URLSearchParams,
      localStorage: browser.area,
      sessionStorage: this.session,
      Date: { now: () => browser.now },
      setTimeout: (work, ms, ...more) => browser.timers.push({ at: browser.now + ms, work, more }),
      addEventListener: (type, work) => (this.listeners[type] ??= []).push(work),
      dispatchEvent: (event) => {
        this.opened.push(event.detail);
        return !this.parts.has("inbox"); // whether nobody has prevented what comes next
      },
      CustomEvent: class {
        constructor(type, { detail }) {
          Object.assign(this, { type, detail });
        }
      },
      navigator: {
        locks: { request: (name, work) => browser.lock(name, work) },
        serviceWorker: { addEventListener: (type, work) => (this.toldByWorker = work) },
      },
      BroadcastChannel: class {
        constructor() {
          tab.channel = this;
        }
        postMessage(data) {
          for (const other of browser.tabs) if (other !== tab) queueMicrotask(() => other.channel.onmessage({ data }));
        }
      },
      WebSocket: class {
        constructor(address) {
          this.address = address;
          browser.sockets.push(this);
        }
      },
      AudioContext: class {
        state = "running";
        currentTime = 0;
      },
      OscillatorNode: class {
        constructor() {
          tab.chimes += 0.5; // two notes are one sound
          return { ...node, connect: () => node, start() {}, stop() {} };
        }
      },
      GainNode: class {
        constructor() {
          return node;
        }
      },
    };
  }

  fire(type) {
    for (const work of this.listeners[type]) work();
  }

  get lines() {
    return (this.parts.get("iw-notices")?.children ?? []).map(({ children: [words] }) => words.textContent);
  }
}

const WAITING = { type: "notice", id: "w-1", event: "waiting", title: "A visitor is waiting", conversation: "c-1" };
const INBOX = "/admin/assistant/conversation/inbox/";

test("every tab shows what has happened, one holds the socket, and one makes the sound", async () => {
  const browser = new Browser();
  const tabs = [new Tab(browser), new Tab(browser, { path: INBOX }), new Tab(browser, { visible: false })];
  await settled();
  assert.equal(browser.sockets.length, 1);
  assert.equal(browser.sockets[0].address, "wss://desk.example.com/ws/v1/inbox?only=notices");
  await browser.send(WAITING);
  for (const tab of tabs) assert.deepEqual(tab.lines, ["A visitor is waiting"]);
  assert.equal(tabs[0].chimes + tabs[1].chimes + tabs[2].chimes, 1);
  await browser.send(WAITING); // twice is once
  assert.deepEqual(tabs[0].lines, ["A visitor is waiting"]);
  await browser.send({ ...WAITING, id: "w-2" });
  assert.equal(tabs[0].chimes + tabs[1].chimes + tabs[2].chimes, 2);
});

test("nothing is shown or heard in any tab while somebody reads the conversation in one", async () => {
  const browser = new Browser();
  const tabs = [new Tab(browser, { visible: false }), new Tab(browser, { path: `${INBOX}?conversation=c-1` })];
  await settled();
  await browser.send(WAITING);
  assert.deepEqual([tabs[0].lines, tabs[1].lines, tabs[0].chimes + tabs[1].chimes], [[], [], 0]);
  await browser.send({ ...WAITING, id: "w-2", conversation: "c-2" });
  assert.deepEqual(tabs[0].lines, ["A visitor is waiting"]);
  tabs[1].document.visibilityState = "hidden"; // they have gone to another tab
  await browser.send({ ...WAITING, id: "w-3" });
  assert.equal(tabs[0].lines.length, 2);
});

test("a tab that nobody looks at counts in its title until somebody does", async () => {
  const browser = new Browser();
  const tab = new Tab(browser, { visible: false });
  await settled();
  await browser.send(WAITING);
  await browser.send({ ...WAITING, id: "w-2" });
  assert.equal(tab.document.title, "(2) Today");
  await browser.pass(60_000);
  assert.equal(tab.lines.length, 2); // they stay until then
  tab.document.visibilityState = "visible";
  tab.fire("visibilitychange");
  assert.equal(tab.document.title, "Today");
  await browser.pass(60_000);
  assert.deepEqual(tab.lines, []);
});

test("what somebody is about to open or dismiss stays in its place until they have left it", async () => {
  const browser = new Browser();
  const tab = new Tab(browser);
  await settled();
  await browser.send(WAITING);
  const place = tab.parts.get("iw-notices");
  place.isInUse = true;
  await browser.pass(60_000);
  await browser.send({ ...WAITING, id: "w-2", title: "Another one" });
  assert.deepEqual(tab.lines, ["Another one", "A visitor is waiting"]); // the place ends at the foot of the window
  place.isInUse = false;
  await browser.pass(60_000);
  assert.deepEqual(tab.lines, []);
});

test("a notice that waits for the one before it is shown as long as any, after that", async () => {
  const browser = new Browser();
  const tab = new Tab(browser, { path: INBOX });
  await settled();
  await browser.send(WAITING);
  tab.parts.get("iw-notices").showsOne = true; // as the style sheet of the inbox has it
  await browser.send({ ...WAITING, id: "w-2", title: "Another one" });
  await browser.pass(15_000);
  assert.deepEqual(tab.lines, ["Another one"]);
  await browser.pass(10_000);
  assert.deepEqual(tab.lines, ["Another one"]);
  await browser.pass(15_000);
  assert.deepEqual(tab.lines, []);
});

test("on the page of a form, notices are above its buttons", async () => {
  const browser = new Browser();
  const tab = new Tab(browser);
  const buttons = new Element();
  buttons.before = (made) => tab.parts.set(made.id, made) && (buttons.above = made);
  tab.parts.set("submit-row", buttons);
  await settled();
  await browser.send(WAITING);
  assert.equal(buttons.above.id, "iw-notices");
  assert.deepEqual(tab.lines, ["A visitor is waiting"]);
});

test("a tab in which nobody has clicked leaves the sound to one in which somebody has", async () => {
  const browser = new Browser();
  const [silent, other] = [new Tab(browser, { touched: false }), new Tab(browser)];
  await settled();
  await browser.send(WAITING);
  assert.deepEqual([silent.chimes, other.chimes], [0, 1]);
});

test("a connection that is lost comes back later and later, and one of somebody who has logged out does not", async () => {
  const browser = new Browser();
  new Tab(browser);
  await settled();
  for (const [count, wait] of [500, 1000, 2000].entries()) {
    browser.sockets.at(-1).onclose({ code: 1006 });
    await browser.pass(wait / 2 - 1);
    assert.equal(browser.sockets.length, count + 1);
    await browser.pass(wait);
    assert.equal(browser.sockets.length, count + 2);
  }
  browser.sockets.at(-1).onclose({ code: 4401 });
  await browser.pass(100_000);
  assert.equal(browser.sockets.length, 4);
});

test("somebody who logs in again is reminded that the log-out has turned notifications off", async () => {
  const page = "/admin/assistant/conversation/notifications/";
  for (const [wanted, push, lines] of [
    [page, false, 1],
    [page, true, 0],
    [null, false, 0],
  ]) {
    const browser = new Browser();
    if (wanted) browser.area.setItem("interworky-push", wanted);
    const tab = new Tab(browser);
    await settled();
    for (let times = 0; times < 2; times += 1) await browser.send({ type: "ready", push });
    assert.equal(tab.lines.length, lines);
  }
});

test("a page of nobody, such as the one to log in, opens no socket", async () => {
  const browser = new Browser();
  new Tab(browser, { loggedIn: false });
  await settled();
  assert.equal(browser.sockets.length, 0);
});

test("a page says to the service worker that it shows what is pushed, and opens what was clicked where it is the inbox", async () => {
  const browser = new Browser();
  const tab = new Tab(browser, { path: INBOX });
  await settled();
  const answer = async (notice) => {
    const said = [];
    tab.toldByWorker({ data: { type: "pushed", told: { notice } }, ports: [{ postMessage: (one) => said.push(one) }] });
    return said[0];
  };
  assert.equal(await answer("w-1"), false);
  await browser.send(WAITING);
  assert.equal(await answer("w-1"), true);
  tab.toldByWorker({ data: { type: "open", url: `https://desk.example.com${INBOX}?conversation=c-9` }, ports: [] });
  assert.deepEqual(tab.opened, ["c-9"]);
});

test("a tab whose login has ended leaves the socket to one that was opened after the next login", async () => {
  for (const code of [4401, 4403]) {
    const browser = new Browser();
    new Tab(browser);
    const next = new Tab(browser);
    await settled();
    assert.equal(browser.sockets.length, 1);
    browser.sockets[0].onclose({ code });
    await settled();
    assert.equal(browser.sockets.length, 2);
    await browser.send(WAITING);
    assert.deepEqual(next.lines, ["A visitor is waiting"]);
  }
});

test("a tab that has lost its connection keeps the socket and tries again", async () => {
  const browser = new Browser();
  const tabs = [new Tab(browser), new Tab(browser)];
  await settled();
  for (const code of [1006, 1006]) {
    browser.sockets.at(-1).onclose({ code });
    await browser.pass(2_000);
  }
  assert.equal(browser.sockets.length, 3);
  browser.sockets.at(-1).onclose({ code: 4401 });
  await settled();
  assert.equal(browser.sockets.length, 4); // the other tab's
  assert.equal(tabs.length, 2);
});
