/** Widgets without a page, for tests in Python: a line of `{widget, events}` in, what that widget shows then out. */
import { createInterface } from "node:readline";
import { initial, reduce } from "../../static/widget/src/store.js";

const config = /** @type {any} */ ({ key: "pk_1", starters: [], max_chars: 4000 });
const widgets = new Map();

for await (const line of createInterface({ input: process.stdin })) {
  const { widget, events } = JSON.parse(line);
  const state = events.reduce(reduce, widgets.get(widget) ?? initial(config));
  widgets.set(widget, state);
  const { seq, gap, items, pending, turn, ended, conversation } = state;
  process.stdout.write(JSON.stringify({ seq, gap, items, pending, turn, ended, conversation }) + "\n");
}
