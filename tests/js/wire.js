import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("../wire/", import.meta.url);

/** The examples of one kind that both test-suites read. @param {"events" | "frames" | "cards" | "http"} kind */
export function examples(kind) {
  const names = readdirSync(new URL(`${kind}/`, folder)).filter((name) => name.endsWith(".json"));
  return names.map((name) => [
    name.replace(/\.json$/, ""),
    JSON.parse(readFileSync(new URL(`${kind}/${name}`, folder), "utf8")),
  ]);
}

/** @param {"events" | "frames" | "cards" | "http"} kind @param {string} name */
export const example = (kind, name) => Object.fromEntries(examples(kind))[name];
