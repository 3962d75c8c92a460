import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { brotliCompressSync } from "node:zlib";
import { LANGUAGES } from "../../static/widget/src/locales/index.js";

const dist = new URL("../../static/widget/dist/", import.meta.url);
const read = (name) => readFileSync(new URL(name, dist), "utf8");
const bytes = (name) => brotliCompressSync(read(name)).length;
/** The modules that are fetched when they are needed, and what each may weigh. */
const LAZY = {
  "booking.js": 5 * 1_024,
  "identity.js": 1_024,
  "back.js": 512,
  "transcript.js": 2_048,
  "voice.js": 7 * 1_024,
  "ending.js": 4_096,
  "outside.js": 6 * 1_024,
  "files.js": 4_096,
  "own_data.js": 6 * 1_024, // in every language
  "avatar.js": 1_024,
  "search.js": 3 * 1_024,
};
const LOCALES = LANGUAGES.filter((one) => one !== "en").map((language) => `locale-${language}.js`);
const FILES = ["loader.js", "panel.js", "gallery.js", "frame.js", "framed.js", ...Object.keys(LAZY), ...LOCALES];
const installed = existsSync(new URL("../../node_modules/esbuild", import.meta.url));

test("the loader is at most 4 KB, and all there is to a usable panel at most 30 KB", () => {
  assert.ok(bytes("loader.js") <= 4_096, `loader.js has ${bytes("loader.js")} bytes`);
  assert.ok(
    bytes("loader.js") + bytes("panel.js") <= 30 * 1_024,
    `together ${bytes("loader.js") + bytes("panel.js")} bytes`,
  );
});

test("a page whose built-ins do not work costs at most 6 KB more", () => {
  assert.ok(bytes("frame.js") + bytes("framed.js") <= 6 * 1_024);
  assert.match(read("loader.js"), /frame\.js/);
});

for (const [name, most] of Object.entries(LAZY))
  test(`${name} is no part of the panel, and at most ${most / 1_024} KB`, () => {
    assert.ok(read("panel.js").includes(`import("./${name}")`));
    assert.ok(bytes(name) <= most, `${name} has ${bytes(name)} bytes`);
  });

test("a language is a file of its own beside the panel, at most 2.5 KB, and no other language is in the panel", () => {
  const panel = read("panel.js");
  for (const file of LOCALES) {
    assert.ok(panel.includes(`import("./${file}")`), file);
    assert.ok(bytes(file) <= 2_560, `${file} has ${bytes(file)} bytes`);
  }
  assert.doesNotMatch(panel, /Nachricht|[\u0600-\u06ff]/);
});

test("nothing that is shipped parses markup, evaluates text or names another server", () => {
  for (const name of FILES) {
    const code = read(name);
    assert.doesNotMatch(code, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|cookie/);
    const addresses = [...code.matchAll(/https?:\/\/[\w.-]+/g)].map(([address]) => address);
    assert.deepEqual(
      [...new Set(addresses)].filter((address) => !["http://www.w3.org", "https://www.example.com"].includes(address)), // a link in the gallery
      [],
    );
  }
});

test(
  "what is committed is what the sources make",
  { skip: !installed && "node_modules is not installed" },
  async () => {
    const { bundle } = await import("../../static/widget/build.js");
    const folder = mkdtempSync(join(tmpdir(), "widget-"));
    try {
      await bundle(folder);
      for (const name of FILES) {
        // Not `assert.equal`: it would print two bundles.
        const isSame = readFileSync(join(folder, name), "utf8") === read(name);
        assert.ok(isSame, `run "npm run build": ${name} is not what src makes`);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
