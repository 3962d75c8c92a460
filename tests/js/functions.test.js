import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);
const FOLDERS = ["static/", "packages/", "tests/js/"];
const MADE = /\/(dist|vendor|node_modules)\//;
const MAX_LINES = 60;
const installed = existsSync(new URL("node_modules/prettier", root));

/** Our scripts: not what is built or comes from elsewhere. */
const scripts = FOLDERS.flatMap((folder) =>
  readdirSync(new URL(folder, root), { recursive: true })
    .map((name) => fileURLToPath(new URL(`${folder}${name}`, root)))
    .filter((path) => /\.m?js$/.test(path) && !MADE.test(path)),
);

/** Every function in `node`, each with the name it is known by. */
function* functionsIn(node, name = "") {
  if (typeof node !== "object" || node === null) return;
  if (Array.isArray(node)) {
    for (const child of node) yield* functionsIn(child, name);
    return;
  }
  if (/Function/.test(node.type)) yield { name: node.id?.name ?? name, range: node.range };
  const known = node.type === "VariableDeclarator" ? node.id.name : (node.key?.name ?? name);
  for (const child of Object.values(node)) yield* functionsIn(child, known);
}

/** The functions of a script that are longer than they may be: `name: lines`. */
async function longIn(text) {
  const { parsers } = await import("prettier/plugins/acorn");
  return [...functionsIn(parsers.acorn.parse(text, {}).body)]
    .map(({ name, range }) => ({ name, lines: text.slice(...range).split("\n").length }))
    .filter(({ lines }) => lines > MAX_LINES)
    .map(({ name, lines }) => `${name}: ${lines}`);
}

const skip = !installed && "node_modules is not installed";

test(`no function has more than ${MAX_LINES} lines`, { skip }, async () => {
  assert.ok(scripts.length > 100, `${scripts.length} scripts are read`);
  const found = await Promise.all(
    scripts.map(async (path) => (await longIn(readFileSync(path, "utf8"))).map((long) => `${path} ${long}`)),
  );
  assert.deepEqual(found.flat(), []);
});

test("a long function is found wherever it is written", { skip }, async () => {
  const body = "\n".repeat(MAX_LINES);
  assert.deepEqual(await longIn(`const make = () => {${body}};`), [`make: ${MAX_LINES + 1}`]);
  assert.deepEqual(await longIn(`class A { run() {${body}} }`), [`run: ${MAX_LINES + 1}`]);
  assert.deepEqual(await longIn(`export default function start() { const x = 1;${body}}`), [`start: ${MAX_LINES + 1}`]);
  assert.deepEqual(await longIn(`class A { one() {}${body} }`), []);
});
