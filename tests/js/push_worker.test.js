import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import vm from "node:vm";

const WORKER = readFileSync(new URL("../../static/admin-extra/push/worker.js", import.meta.url), "utf8");
const INBOX = "/admin/assistant/conversation/inbox/";

class Worker {
  constructor(pages = []) {
    this.listeners = {};
    this.shown = [];
    this.windows = [];
    vm.runInNewContext(WORKER, {
      URL,
      MessageChannel: class {
        constructor() {
          this.port1 = {};
          this.port2 = { postMessage: (data) => this.port1.onmessage({ data }) };
        }
      },
      setTimeout: (work, ms, ...more) => setImmediate(() => work(...more)),
      location: new URL("https://desk.example.com/admin/push/worker.js"),
      addEventListener: (type, work) => (this.listeners[type] = work),
      skipWaiting() {},
      clients: { matchAll: async () => pages, openWindow: async (url) => this.windows.push(url) },
      registration: {
        scope: "https://desk.example.com/admin/",
        showNotification: async (title, options) => this.shown.push([title, options.body, options.data.url]),
      },
    });
  }
  async happens(type, event) {
    let until;
    this.listeners[type]({ ...event, waitUntil: (promise) => (until = promise) });
    await until;
  }
  push(told) {
    const json = () => (told === undefined ? JSON.parse("no json") : told);
    return this.happens("push", { data: { json } });
  }
  click(url) {
    return this.happens("notificationclick", { notification: { close() {}, data: { url } } });
  }
}

const page = (url, answer) => ({
  url,
  visibilityState: "visible",
  told: [],
  focused: 0,
  async focus() {
    this.focused += 1;
  },
  postMessage(data, [port] = []) {
    this.told.push(data);
    if (answer !== undefined) port?.postMessage(answer);
  },
});
const PUSHED = {
  title: "A visitor asks for a person",
  body: "Bright Smile",
  url: `${INBOX}?conversation=c-1`,
  tag: "t",
};

test("what is pushed is shown unless a page that somebody looks at shows it", async () => {
  for (const [pages, count] of [
    [[], 1],
    [[page("https://desk.example.com/admin/", true)], 0],
    [[page("https://desk.example.com/admin/", false)], 1],
    [[page("https://desk.example.com/admin/")], 1], // it does not answer
    [[{ ...page("https://desk.example.com/admin/", true), visibilityState: "hidden" }], 1],
  ]) {
    const worker = new Worker(pages);
    await worker.push(PUSHED);
    assert.equal(worker.shown.length, count);
  }
});

test("what cannot be read is shown as something true, since browsers require that something is", async () => {
  const worker = new Worker();
  await worker.push(undefined);
  assert.deepEqual(worker.shown, [["Something has happened", "", "https://desk.example.com/admin/"]]);
});

test("a click goes to the tab that has the page, else opens one, and never leads to another site", async () => {
  const inbox = page(`https://desk.example.com${INBOX}`);
  const other = page("https://desk.example.com/admin/");
  const worker = new Worker([other, inbox]);
  await worker.click(PUSHED.url);
  assert.deepEqual([inbox.focused, other.focused, worker.windows], [1, 0, []]);
  assert.deepEqual({ ...inbox.told[0] }, { type: "open", url: `https://desk.example.com${PUSHED.url}` });
  const alone = new Worker([other]);
  await alone.click(PUSHED.url);
  assert.deepEqual(alone.windows, [`https://desk.example.com${PUSHED.url}`]);
  await alone.click("https://evil.example.com/");
  assert.equal(alone.windows.length, 1);
});
