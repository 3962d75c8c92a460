// The dialogs of the calendar page: each asks the server before it saves, and shows what is in the way.

import { createAbout } from "./about.js";
import { dayOf, minutesBetween, post, timeOf } from "./events.js";
import { DialogForm } from "./form.js";
import { offerFields } from "./own_fields.js";

/** `changed(text, undo)` is called after every change that was saved. */
export function createDialogs(config, changed) {
  const calendars = new Map(config.calendars.map((one) => [String(one.id), one]));
  for (const button of document.querySelectorAll("dialog [data-close]")) {
    button.addEventListener("click", () => button.closest("dialog").close());
  }
  const parts = { config, changed, calendars };
  const openBlock = createBlock(parts);
  const openMove = createMove(parts);
  const openCancel = createCancel(parts);
  return {
    openBlock,
    openMove,
    openBook: createBook(parts, openBlock),
    openAbout: createAbout(parts, { move: openMove, cancel: openCancel }),
  };
}

const addressOf = (config, row, act) => `${config.appointment}${row.id}/${act}/`;
const describe = (row) => `${row.service}, ${row.name || row.reference}, ${dayOf(row.start)} ${timeOf(row.start)}`;
const beginning = (start, config) => ({
  day: start ? dayOf(start) : config.today,
  time: start ? timeOf(start) : "",
});

/** The services of the chosen calendar; the one that was chosen before stays, where it has it as well. */
function offerServices(form, calendars) {
  const offered = calendars.get(form.fields().calendar)?.services ?? [];
  const select = form.control("service");
  const before = select.value;
  select.replaceChildren(...offered.map((one) => new Option(`${one.name}, ${one.minutes} min`, one.id)));
  if (offered.some((one) => String(one.id) === before)) select.value = before;
  offerFieldsOf(form, calendars);
}

/** What staff have added to the form of the chosen service. */
function offerFieldsOf(form, calendars) {
  const { calendar, service } = form.fields();
  const offered = calendars.get(calendar)?.services ?? [];
  const { fields = [] } = offered.find((one) => String(one.id) === service) ?? {};
  offerFields(form.dialog.querySelector("[data-own]"), fields);
}

function createBook(parts, openBlock) {
  const { config, calendars } = parts;
  const form = new DialogForm("book", parts);
  form.control("calendar").onchange = () => offerServices(form, calendars);
  form.control("service").onchange = () => offerFieldsOf(form, calendars);
  form.dialog.querySelector("[data-block-instead]").addEventListener("click", () => {
    const { calendar, day, time, minutes } = form.fields();
    form.dialog.close();
    const start = /^\d\d:\d\d$/.test(time) ? `${day}T${time}:00` : "";
    openBlock({ calendar, start, end: start && new Date(Date.parse(`${start}Z`) + (Number(minutes) || 60) * 60_000) });
  });

  return ({ calendar, start, end }) => {
    const minutes = start && end ? minutesBetween(start, end) : "";
    offerFields(form.dialog.querySelector("[data-own]"), []); // without what was entered for somebody else
    form.open({ calendar, ...beginning(start, config), minutes }, config.addresses.book, () => "Booked.");
    offerServices(form, calendars);
    form.check();
  };
}

function createMove(parts) {
  const form = new DialogForm("move", parts);
  return (row, { calendar, start, end } = row, reverted = () => {}) => {
    const length = minutesBetween(start, end);
    const minutes = length === minutesBetween(row.start, row.end) ? "" : length;
    const values = { calendar, ...beginning(start, parts.config), minutes };
    form.describe(describe(row));
    form.open(values, addressOf(parts.config, row, "move"), () => "Moved.", reverted);
    form.control("notify").closest("p").hidden = !row.email;
    if (start !== row.start || end !== row.end || calendar !== row.calendar) form.check();
  };
}

function createCancel(parts) {
  const form = new DialogForm("cancel", parts);
  return (row) => {
    form.describe(describe(row));
    form.control("notify").closest("p").hidden = !row.email;
    form.open({}, addressOf(parts.config, row, "cancel"), () => `Cancelled: ${row.reference}.`);
  };
}

/** The end of a blocked time as the form has it: midnight is 24:00 of the day before. */
function endOf(start, end) {
  const last = end instanceof Date ? end.toISOString().slice(0, 19) : end;
  if (!last) return { until: "", until_day: "" };
  const isMidnight = timeOf(last) === "00:00";
  const day = isMidnight ? new Date(Date.parse(`${last}Z`) - 1).toISOString().slice(0, 10) : dayOf(last);
  return { until: isMidnight ? "24:00" : timeOf(last), until_day: start && day !== dayOf(start) ? day : "" };
}

function createBlock(parts) {
  const { config, changed } = parts;
  const form = new DialogForm("block", parts);
  const unblock = form.dialog.querySelector("[data-unblock]");
  unblock.addEventListener("click", async () => {
    const answer = await post(config.addresses.unblock, { id: form.fields().id });
    if (!answer.ok) return form.refuse(answer);
    form.dialog.close("saved");
    changed("The time is no longer blocked.");
  });

  return ({ id = "", calendar, start, end, reason = "" }, reverted = () => {}) => {
    const values = { id, calendar, ...beginning(start, config), ...endOf(start, end), reason };
    const sentence = id ? "The blocked time is changed." : "The time is blocked.";
    unblock.hidden = !id;
    form.dialog.querySelector("form .iw-primary").textContent = id ? "Save" : "Block";
    form.open(values, config.addresses.block, () => sentence, reverted);
    if (start) form.check();
  };
}
