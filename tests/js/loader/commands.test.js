import assert from "node:assert/strict";
import test from "node:test";
import { createCommands, createEvents } from "../../../static/widget/src/loader/commands.js";

/** Commands whose panel notes what it is asked to do; `fails`: it cannot be fetched. */
function commands({ fails = false } = {}) {
  const asked = [];
  const note =
    (name) =>
    (/** @type {unknown[]} */ ...values) =>
      void asked.push([name, ...values]);
  const names = ["open", "close", "toggle", "sendMessage", "identify", "reset", "destroy"];
  const panel = Object.fromEntries(names.map((name) => [name, note(name)]));
  let loading;
  let mounted;
  const load = {
    mounted: new Promise((resolve) => (mounted = resolve)),
    panel: () =>
      (loading ??= fails
        ? Promise.reject(new Error("not allowed"))
        : Promise.resolve(panel).then((it) => (mounted(it), it))),
    begun: () => loading,
  };
  const events = createEvents();
  const made = createCommands({
    load,
    events,
    storage: { forget: note("storage.forget") },
    onBusy: note("busy"),
    onHide: note("hide"),
    inject: note("inject"),
    remove: note("remove"),
    end: (again) => asked.push(again ? ["end", again] : ["end"]),
  });
  return { asked, events, commands: made };
}

test("a command fetches the panel and is busy until it has come", async () => {
  const { asked, commands: api } = commands();
  await api.sendMessage("Tuesday?");
  assert.deepEqual(asked, [
    ["busy", true],
    ["busy", false],
    ["sendMessage", "Tuesday?"],
  ]);
});

test("a panel that cannot be fetched is an error event, and nothing stays busy", async () => {
  const { asked, events, commands: api } = commands({ fails: true });
  const errors = [];
  events.on("error", (detail) => errors.push(detail));
  await assert.rejects(api.open(), /not allowed/);
  assert.deepEqual(errors, [{ code: "not_loaded" }]);
  assert.deepEqual(asked.at(-1), ["busy", false]);
});

test("closing, resetting and destroying fetch no panel where there is none yet", async () => {
  const { asked, commands: api } = commands();
  await api.close();
  await api.reset();
  await api.destroy();
  assert.deepEqual(asked, [["storage.forget"], ["remove"], ["end"]]);
});

test("a panel that is there is reset and destroyed itself", async () => {
  const { asked, commands: api } = commands();
  await api.open();
  await api.reset();
  await api.destroy();
  const names = asked.map(([name]) => name).filter((name) => name !== "busy");
  assert.deepEqual(names, ["open", "reset", "remove", "end", "destroy"]);
});

test("queued commands run in their order, and an unknown one is passed over", async () => {
  const { asked, commands: api } = commands();
  api.push(["sendMessage", "Hi"], ["explode"], ["open"]);
  await api.toggle();
  const names = asked.map(([name]) => name).filter((name) => name !== "busy");
  assert.deepEqual(names, ["sendMessage", "open", "toggle"]);
});

test("knowing the visitor fetches no panel; one that comes for another reason is told", async () => {
  const { asked, commands: api } = commands();
  const told = api.identify({ id: "7" }, { token: "t" });
  await Promise.resolve();
  assert.deepEqual(asked, []);
  await api.open();
  await told;
  assert.ok(asked.some(([name, known, proof]) => name === "identify" && known.id === "7" && proof.token === "t"));
});

test("a listener is called until it is removed, whichever way, and an event may have any name", () => {
  const events = createEvents();
  const seen = [];
  const listener = (detail) => seen.push(detail);
  const stop = events.on("__proto__", listener);
  events.emit("__proto__", 1);
  stop();
  events.emit("__proto__", 2);
  events.on("open", listener);
  events.off("open", listener);
  events.emit("open", 3);
  events.emit("constructor", 4);
  assert.deepEqual(seen, [1]);
});

test("a rejection that a page leaves alone is no error of the page's", async () => {
  const unhandled = [];
  const note = (reason) => unhandled.push(reason);
  process.on("unhandledRejection", note);
  commands({ fails: true }).commands.open();
  await new Promise((resolve) => setTimeout(resolve));
  process.off("unhandledRejection", note);
  assert.deepEqual(unhandled, []);
});

test("hiding the launcher closes the panel too, and fetches none", async () => {
  const { asked, commands: api } = commands();
  await api.hide();
  api.show();
  assert.deepEqual(asked, [
    ["hide", true],
    ["hide", false],
  ]);
});

test("init() begins again with other options, and reinject() takes the widget off the page in between", async () => {
  const { asked, commands: api } = commands();
  api.reinject();
  api.init({ key: "pk_other" });
  assert.deepEqual(asked, [["remove"], ["inject"], ["remove"], ["end", { key: "pk_other" }]]);
});

test("an event is heard on the page too, and a listener that fails keeps no other from hearing it", () => {
  const page = new EventTarget();
  const heard = [];
  const reported = [];
  Object.assign(globalThis, { reportError: (error) => reported.push(error.message) });
  page.addEventListener("interworky:open", ({ detail }) => heard.push(["page", detail]));
  const events = createEvents(page);
  events.on("open", () => {
    throw new Error("of the page");
  });
  events.on("open", (detail) => heard.push(["listener", detail]));
  events.emit("open", 1);
  assert.deepEqual(heard, [
    ["listener", 1],
    ["page", 1],
  ]);
  assert.deepEqual(reported, ["of the page"]);
});
