import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";

const vendor = new URL("../../static/admin-extra/vendor/", import.meta.url);
const read = (name) => readFileSync(new URL(name, vendor), "utf8");
const installed = existsSync(new URL("../../node_modules/@event-calendar/core", import.meta.url));
const FILES = ["event-calendar.js", "event-calendar.css"];

test("the admin's calendar library asks no other server and needs no evaluation of text", () => {
  for (const name of FILES) {
    assert.doesNotMatch(read(name), /\beval\(|new Function|@import|url\(["']?https?:/);
  }
});

test("the licenses of what is shipped are shipped with it", () => {
  for (const owner of ["vkurko", "Svelte Contributors"]) assert.ok(read("LICENSE.txt").includes(owner));
});

test(
  "the library that is committed is what its build makes",
  { skip: !installed && "it is not installed" },
  async () => {
    const { bundle } = await import("../../static/build-vendor.js");
    const folder = mkdtempSync(join(tmpdir(), "vendor-"));
    try {
      await bundle(folder);
      for (const name of FILES) {
        assert.ok(
          readFileSync(join(folder, name), "utf8") === read(name),
          `run "npm run build": ${name} is not up to date`,
        );
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
