// The dialogs of the calendar page: each asks the server before it saves, and shows what is in the way.

import { dayOf, minutesBetween, post, timeOf } from "./events.js";

const byId = (name) => document.getElementById(`dialog-${name}`);

/** `changed(text, undo)` is called after every change that was saved. */
export function createDialogs(config, changed) {
  const calendars = new Map(config.calendars.map((one) => [String(one.id), one]));
  for (const button of document.querySelectorAll("dialog [data-close]")) {
    button.addEventListener("click", () => button.closest("dialog").close());
  }

  const addressOf = (row, act) => `${config.appointment}${row.id}/${act}/`;
  const book = form("book", { changed, calendars });
  const move = form("move", { changed, calendars });
  const cancel = form("cancel", { changed, calendars });
  const block = form("block", { changed, calendars });

  book.dialog.querySelector("[data-block-instead]").addEventListener("click", () => {
    const { calendar, day, time, minutes } = book.fields();
    book.dialog.close();
    const start = /^\d\d:\d\d$/.test(time) ? `${day}T${time}:00` : "";
    openBlock({ calendar, start, end: start && new Date(Date.parse(`${start}Z`) + (Number(minutes) || 60) * 60_000) });
  });
  block.dialog.querySelector("[data-unblock]").addEventListener("click", async () => {
    const answer = await post(config.addresses.unblock, { id: block.fields().id });
    if (!answer.ok) return block.refuse(answer);
    block.dialog.close("saved");
    changed("The time is no longer blocked.");
  });

  function openBook({ calendar, start, end }) {
    const services = () => {
      const offered = calendars.get(book.fields().calendar)?.services ?? [];
      const select = book.control("service");
      const before = select.value;
      select.replaceChildren(...offered.map((one) => new Option(`${one.name}, ${one.minutes} min`, one.id)));
      if (offered.some((one) => String(one.id) === before)) select.value = before;
    };
    book.control("calendar").onchange = services;
    const values = { calendar, day: start ? dayOf(start) : config.today, time: start ? timeOf(start) : "" };
    book.open(
      { ...values, minutes: start && end ? minutesBetween(start, end) : "" },
      config.addresses.book,
      () => "Booked.",
    );
    services();
    book.check();
  }

  function openMove(row, { calendar, start, end } = row, reverted = () => {}) {
    const length = minutesBetween(start, end);
    const values = { calendar, day: dayOf(start), time: timeOf(start) };
    const minutes = length === minutesBetween(row.start, row.end) ? "" : length;
    move.about(`${row.service}, ${row.name || row.reference}, ${dayOf(row.start)} ${timeOf(row.start)}`);
    move.open({ ...values, minutes }, addressOf(row, "move"), () => "Moved.", reverted);
    move.control("notify").closest("p").hidden = !row.email;
    if (start !== row.start || end !== row.end || calendar !== row.calendar) move.check();
  }

  function openCancel(row) {
    cancel.about(`${row.service}, ${row.name || row.reference}, ${dayOf(row.start)} ${timeOf(row.start)}`);
    cancel.control("notify").closest("p").hidden = !row.email;
    cancel.open({}, addressOf(row, "cancel"), () => `Cancelled: ${row.reference}.`);
  }

  function openBlock({ id, calendar, start, end, reason }, reverted = () => {}) {
    const last = end instanceof Date ? end.toISOString().slice(0, 19) : end;
    const midnight = last && timeOf(last) === "00:00";
    const lastDay = midnight ? new Date(Date.parse(`${last}Z`) - 1).toISOString().slice(0, 10) : last && dayOf(last);
    const values = {
      id: id ?? "",
      calendar,
      day: start ? dayOf(start) : config.today,
      time: start ? timeOf(start) : "",
    };
    const until = last ? (midnight ? "24:00" : timeOf(last)) : "";
    const many = start && lastDay !== dayOf(start);
    block.dialog.querySelector("[data-unblock]").hidden = !id;
    block.dialog.querySelector("form .iw-primary").textContent = id ? "Save" : "Block";
    block.open({ ...values, until, until_day: many ? lastDay : "", reason: reason ?? "" }, config.addresses.block, () =>
      id ? "The blocked time is changed." : "The time is blocked.", reverted); // prettier-ignore
    if (start) block.check();
  }

  function openAbout(row) {
    const dialog = byId("about");
    dialog.querySelector("h2").textContent = `${row.service}, ${row.name || row.state_label}`;
    const facts = {
      When: `${dayOf(row.start)}, ${timeOf(row.start)}–${timeOf(row.end)} (${calendars.get(String(row.calendar)).zone})`,
      Calendar: calendars.get(String(row.calendar)).name,
      State: row.state_label,
      Phone: row.phone,
      "E-mail": row.email,
      Notes: row.reason,
      Reference: row.reference,
    };
    const shown = Object.entries(facts).filter(([, value]) => value);
    dialog
      .querySelector("dl")
      .replaceChildren(...shown.flatMap(([name, value]) => [node("dt", name), node("dd", value)]));
    dialog.querySelector("[data-link]").href = `${config.appointment}${row.id}/change/`;
    dialog.querySelector("[data-edit]").href = addressOf(row, "details");
    dialog.querySelector("[data-edit]").hidden = !row.correctable;
    const problem = dialog.querySelector("[data-problem]");
    problem.hidden = true;
    for (const button of dialog.querySelectorAll("[data-do]")) {
      const act = button.dataset.do;
      button.hidden = !(act === "move" || act === "cancel" ? row.movable : row.marks.includes(act));
      button.onclick = async () => {
        if (act === "move") return (dialog.close(), openMove(row));
        if (act === "cancel") return (dialog.close(), openCancel(row));
        const answer = await post(addressOf(row, "mark"), { as: act });
        problem.textContent = answer.error ?? "";
        problem.hidden = !answer.error;
        if (!answer.ok) return;
        dialog.close();
        changed(`${row.reference}: ${button.textContent.toLowerCase()}.`);
      };
    }
    dialog.showModal();
  }

  return { openBook, openMove, openBlock, openAbout };
}

const node = (name, text) => Object.assign(document.createElement(name), { textContent: text });

/** One dialog with a form: its values, its errors, and what the server says to them before they are saved. */
function form(name, { changed, calendars }) {
  const dialog = byId(name);
  const element = dialog.querySelector("form");
  const refusal = dialog.querySelector("[data-refusal]");
  let address = "";
  let done = () => "";
  let questions = 0;

  const control = (field) => element.elements.namedItem(field);
  const fields = () => Object.fromEntries(new FormData(element));
  const about = (text) => (dialog.querySelector("[data-what]").textContent = text);

  function clear() {
    refusal.hidden = true;
    for (const error of element.querySelectorAll(".iw-field-error")) error.remove();
    for (const one of element.querySelectorAll("[aria-invalid]")) one.removeAttribute("aria-invalid");
  }

  function refuse(answer, asked = null) {
    for (const [field, errors] of Object.entries(answer.fields ?? {})) {
      const input = control(field);
      if (!input || (asked && !asked[field])) continue; // what was still empty then is no mistake yet
      input.setAttribute("aria-invalid", "true");
      input.closest("p").append(Object.assign(node("small", errors.join(" ")), { className: "iw-bad iw-field-error" }));
    }
    if (answer.fields) {
      if (!asked) element.querySelector("[aria-invalid]")?.focus();
      return;
    }
    refusal.querySelector("[data-text]").textContent = answer.error;
    refusal
      .querySelector("[data-conflicts]")
      .replaceChildren(...(answer.conflicts ?? []).map((one) => node("li", one)));
    const buttons = (answer.alternatives ?? []).map((one) => {
      const button = Object.assign(node("button", one.label), { type: "button", className: "iw-button" });
      button.addEventListener("click", () => {
        Object.assign(control("day"), { value: one.day });
        Object.assign(control("time"), { value: one.time });
        check();
      });
      return button;
    });
    refusal.querySelector("[data-alternatives]").replaceChildren(...buttons);
    refusal.querySelector("[data-anyway]").hidden = answer.code !== "closed";
    refusal.hidden = false;
  }

  /** Asks whether it could be saved as it is; the last question's answer counts. */
  async function check() {
    const zone = calendars.get(fields().calendar)?.zone ?? "";
    for (const hint of element.querySelectorAll("[data-zone]")) hint.textContent = zone;
    const number = (questions += 1);
    if (!fields().day || !fields().time) return;
    const sent = fields();
    const answer = await post(address, { ...sent, check: "yes" });
    if (number !== questions || !dialog.open) return;
    clear();
    if (!answer.ok) refuse(answer, sent);
  }

  function open(values, to, told, reverted = () => {}) {
    element.reset();
    clear();
    address = to;
    done = told;
    const select = control("calendar");
    if (select) {
      const writable = [...calendars.values()].filter((one) => one.editable);
      select.replaceChildren(...writable.map((one) => new Option(one.name, one.id)));
    }
    for (const [field, value] of Object.entries(values)) {
      if (value !== undefined && control(field)) control(field).value = value;
    }
    dialog.returnValue = "";
    dialog.onclose = () => dialog.returnValue !== "saved" && reverted();
    if (!dialog.open) dialog.showModal();
    const first = values.time || !control("time") ? null : control("time");
    first?.focus();
  }

  element.addEventListener("change", ({ target }) => {
    if (
      control("calendar") &&
      ["calendar", "service", "day", "time", "minutes", "until", "until_day"].includes(target.name)
    ) {
      check();
    }
  });
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    const number = (questions += 1);
    const button = event.submitter;
    if (button) button.disabled = true;
    const answer = await post(address, fields());
    if (button) button.disabled = false;
    if (!answer.ok && number !== questions) return; // another time has been chosen meanwhile
    clear();
    if (!answer.ok) return refuse(answer);
    dialog.close("saved");
    changed(done(answer), answer.undo);
  });

  return { dialog, control, fields, about, check, refuse, open };
}
