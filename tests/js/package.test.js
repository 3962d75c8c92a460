import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const installed = existsSync(join(root, "node_modules/typescript"));
const options = { skip: !installed && "node_modules is not installed" };
const VUE = `export const h = (tag, props) => ({ tag, props });
export const defineComponent = (component) => component;
export const mounted = [], unmounted = [];
export const onMounted = (run) => mounted.push(run);
export const onBeforeUnmount = (run) => unmounted.push(run);
export const watch = () => {};`;

let site;
/** What npm packs, installed in an empty project, with React and a double of Vue beside it. */
before(() => {
  if (!installed) return;
  site = mkdtempSync(join(tmpdir(), "npm-"));
  const npm = (...args) =>
    execFileSync("npm", [...args, "--offline", "--no-audit", "--no-fund"], { cwd: site, encoding: "utf8" });
  const packed = npm("pack", join(root, "packages/widget"), "--silent").trim();
  writeFileSync(join(site, "package.json"), '{ "type": "module", "private": true }');
  npm("install", `./${packed}`, "--ignore-scripts", "--legacy-peer-deps");
  for (const name of ["react", "react-dom"])
    symlinkSync(join(root, "node_modules", name), join(site, "node_modules", name));
  mkdirSync(join(site, "node_modules/vue"));
  writeFileSync(join(site, "node_modules/vue/package.json"), '{ "name": "vue", "type": "module", "main": "index.js" }');
  writeFileSync(join(site, "node_modules/vue/index.js"), VUE);
});
after(() => site && rmSync(site, { recursive: true }));

const imported = (path) => import(pathToFileURL(join(site, "node_modules", path)).href);
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

/** A page on which scripts arrive at once, and put a widget there that notes what it is asked. */
function page({ fails = false } = {}) {
  const asked = [];
  const scripts = [];
  const note =
    (name) =>
    (...values) => {
      asked.push([name, ...values]);
      if (name === "destroy") delete globalThis.window.Interworky;
      return name === "on" ? note("stop") : undefined;
    };
  globalThis.window = {};
  globalThis.document = {
    createElement: () => ({ dataset: {}, remove() {} }),
    head: {
      append(script) {
        scripts.push({ src: script.src, ...script.dataset });
        queueMicrotask(() => {
          if (fails) return script.onerror();
          const names = ["open", "init", "identify", "destroy", "on"];
          globalThis.window.Interworky = Object.fromEntries(names.map((name) => [name, note(name)]));
          script.onload();
        });
      },
    },
  };
  return { asked, scripts };
}

test("the widget is loaded once, with its settings as attributes of the tag", options, async () => {
  const { load } = await imported("@interworky/widget/index.js");
  const { asked, scripts } = page();
  const settings = { host: "https://chat.example.com/", key: "pk_1", hidden: true, locale: "de" };
  const [one, other] = await Promise.all([load(settings), load(settings)]);
  assert.equal(one, other);
  assert.deepEqual(scripts, [{ src: "https://chat.example.com/widget.js", key: "pk_1", hidden: "", locale: "de" }]);
  await load({ ...settings, key: "pk_2" });
  assert.equal(asked.at(-1)[0], "init");
  one.destroy();
  await load(settings);
  assert.equal(scripts.length, 2);
  globalThis.window.Interworky.destroy();
});

test("a server that cannot be reached is an error, and the next call tries again", options, async () => {
  const { load } = await imported("@interworky/widget/index.js");
  page({ fails: true });
  const settings = { host: "https://other.example.com", key: "pk_1" };
  await assert.rejects(load(settings), /could not be loaded/);
  page();
  assert.ok(await load(settings));
  globalThis.window.Interworky.destroy();
});

test(
  "a component that is taken away and put back at once keeps the widget; the last one takes it along",
  options,
  async () => {
    const { use } = await imported("@interworky/widget/index.js");
    const { asked, scripts } = page();
    const settings = { host: "https://third.example.com", key: "pk_1" };
    use(settings).end();
    const widget = use(settings);
    await settle();
    assert.deepEqual([scripts.length, asked.length], [1, 0]);
    widget.end();
    await settle();
    assert.deepEqual(asked, [["destroy"]]);
  },
);

test("React renders nothing on a server, or the element that will hold the chat", options, async () => {
  const { createElement } = await imported("react/index.js").then((module) => module.default);
  const { renderToString } = await imported("react-dom/server.node.js").then((module) => module.default);
  const { InterworkyChat } = await imported("@interworky/widget/react.js");
  const props = { host: "https://chat.example.com", assistant: "pk_1" };
  assert.equal(renderToString(createElement(InterworkyChat, props)), "");
  const inline = createElement(InterworkyChat, { ...props, inline: true, style: { height: 520 } });
  assert.equal(renderToString(inline), '<interworky-chat style="display:block;height:520px"></interworky-chat>');
});

test("Vue loads the widget when it is mounted, says who the visitor is, and takes it along", options, async () => {
  const vue = await imported("vue/index.js");
  const { InterworkyChat } = await imported("@interworky/widget/vue.js");
  const { asked } = page();
  const props = { host: "https://fourth.example.com", assistant: "pk_1", user: { id: "7" }, token: "t" };
  const render = InterworkyChat.setup(props, { emit() {} });
  assert.equal(render(), null);
  vue.mounted.forEach((run) => run());
  await settle();
  assert.ok(asked.some(([name]) => name === "on"));
  assert.deepEqual(asked.at(-1), ["identify", { id: "7" }, { token: "t" }]);
  vue.unmounted.forEach((run) => run());
  await settle();
  assert.equal(asked.at(-1)[0], "destroy");
});

test("its types accept what the documents say, and nothing else", options, () => {
  writeFileSync(
    join(site, "page.ts"),
    `import { load, type Interworky } from "@interworky/widget";
import { InterworkyChat } from "@interworky/widget/react";
const chat: Interworky = await load({ host: "https://chat.example.com", key: "pk_1", theme: "dark" });
const stop: () => void = chat.on("unread", ({ count }) => count.toFixed());
const { ignored } = await chat.identify({ id: "7", attributes: { plan: "pro" } }, { token: async () => "t" });
document.addEventListener("interworky:message:received", ({ detail }) => detail.role);
window.interworkySettings = { key: "pk_1", locale: "de" };
InterworkyChat({ host: "h", assistant: "pk_1", inline: true, on: { error: ({ code }) => code.length } });
chat.inject(document.createElement("interworky-chat"));
stop(); ignored.join();
// @ts-expect-error there is no such event
chat.on("explode", () => {});
// @ts-expect-error a theme is light or dark
await load({ host: "h", key: "k", theme: "blue" });
`,
  );
  const flags =
    "--noEmit --strict --target es2022 --module esnext --moduleResolution bundler --lib es2023,dom --types".split(" ");
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), ...flags, "", "page.ts"], {
    cwd: site,
    encoding: "utf8",
  });
});
