import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { addDays, addMonths, firstWeekday, lengthOf, weeksOf } from "../../static/widget/src/booking/dates.js";
import { initial, reduce } from "../../static/widget/src/store.js";
import { example } from "./wire.js";

test("days and months are counted past ends of months, leap years and clock changes", () => {
  assert.equal(addDays("2030-03-30", 2), "2030-04-01");
  assert.equal(addDays("2028-03-01", -1), "2028-02-29");
  assert.equal(addMonths("2030-01-31", 1), "2030-02-28");
  assert.equal(addMonths("2030-01-15", -1), "2029-12-15");
  assert.equal(addMonths("2030-12-01", 1), "2031-01-01");
});

test("a month is whole weeks, which begin as the locale has it", () => {
  const january = weeksOf("2030-01", 1); // the 1st is a Tuesday
  assert.equal(january[0][0], "2029-12-31");
  assert.equal(january.at(-1)?.at(-1), "2030-02-03");
  assert.ok(january.every((week) => week.length === 7));
  assert.deepEqual(weeksOf("2027-02", 1).length, 4, "a February that is four weeks exactly");
  assert.deepEqual([firstWeekday("de"), firstWeekday("en-US"), firstWeekday("no such locale")], [1, 0, 1]);
});

test("a length is said in hours and minutes", () => {
  assert.deepEqual(
    [45, 60, 90].map((minutes) => lengthOf(minutes, "en")),
    ["45 min", "1 hr", "1 hr 30 min"],
  );
});

test("what was looked at takes the place of a card's times; a month leaves them, and an answer ends it", () => {
  const card = example("cards", "slots");
  const start = reduce(initial(/** @type {any} */ ({})), { type: "card.added", seq: 1, card });
  const day = { title: "Colour", service: "4", days: [{ date: "2030-01-09", label: "Wednesday", slots: [] }] };
  const looked = reduce(start, { type: "slots.shown", card: card.id, view: day });
  const month = reduce(looked, { ...example("events", "slots.shown"), card: card.id });
  assert.deepEqual(month.browsed[card.id].days, day.days);
  assert.deepEqual(month.browsed[card.id].free, ["2030-01-08", "2030-01-09"]);
  const answered = reduce(month, { type: "card.updated", seq: 2, card: { ...card, state: "answered" } });
  assert.deepEqual(answered.browsed, {});
});

test("the booking module's style sheet names no class of the panel's", () => {
  const source = new URL("../../static/widget/src/", import.meta.url);
  const selectors = (/** @type {string} */ path) =>
    readFileSync(new URL(path, source), "utf8")
      .replace(/\/\*.*?\*\/|\{[^{}]*\}/gs, ",")
      .split(",")
      .map((one) => one.trim());
  const first = selectors("booking/booking.css").map((one) => /^\.[\w-]+/.exec(one)?.[0]);
  const own = new Set(first.filter((one) => one !== undefined));
  const panel = readdirSync(new URL("styles/", source)).flatMap((name) => selectors(`styles/${name}`));
  assert.ok(own.size > 3);
  assert.deepEqual(
    panel.filter((one) => [...own].some((name) => one.split(/[^\w.-]+/).includes(name))),
    [],
  );
});
