// The calendar page: the calendar itself, its views, and what a click, a drag and a key do there.

import { createCalendar, DayGrid, Interaction, List, ResourceTimeGrid, TimeGrid } from "../vendor/event-calendar.js";
import { released } from "../press.js";
import { createDialogs } from "./dialogs.js";
import { load, post, toEvents, wall } from "./events.js";
import { OPTIONS } from "./options.js";
import { createSaid } from "./said.js";
import { createShown } from "./shown.js";

const PLUGINS = [DayGrid, Interaction, List, ResourceTimeGrid, TimeGrid];
/** The library's name of each view: of one calendar or several together, and side by side. */
const VIEWS = {
  day: ["timeGridDay", "resourceTimeGridDay"],
  week: ["timeGridWeek", "resourceTimeGridWeek"],
  month: ["dayGridMonth", "dayGridMonth"],
  list: ["listWeek", "listWeek"],
};
const REFRESH_MS = 60_000;
const NARROW_PX = 768;

/** Resolves once nothing is held down and no dialog is open: what is dragged, or asked about, stays where it was dropped. */
async function undisturbed() {
  await released();
  for (let dialog; (dialog = document.querySelector("dialog[open]")); await released()) {
    await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  }
}

class Schedule {
  #place;
  #focused = ""; // the event that has the keyboard, while the calendar is redrawn
  #config;
  #view;
  #shown;
  #say;
  #dialogs;
  #calendar;

  constructor(place, config) {
    this.#place = place;
    this.#config = config;
    this.#view = innerWidth < NARROW_PX || config.calendars.length > 1 ? "day" : "week";
    this.#shown = createShown(config.calendars, () => this.show(this.#view));
    this.#say = createSaid((token) => this.#undo(token));
    this.#dialogs = createDialogs(config, (text, undo) => {
      this.#say(text, undo);
      this.refresh();
    });
    this.#calendar = createCalendar(place, PLUGINS, { ...OPTIONS, ...this.#options() });
    this.show(this.#view);
  }

  show(view) {
    this.#view = view;
    for (const button of document.querySelectorAll("[data-view]")) {
      button.setAttribute("aria-pressed", String(button.dataset.view === view));
    }
    this.#calendar.setOption("resources", this.#shown.resources());
    const count = this.#inColumns() ? this.#shown.ids().length : 1;
    const columns = this.#inColumns() && view === "week" ? count * 7 : count;
    const isTight = columns > 2 || (columns > 1 && innerWidth < NARROW_PX);
    this.#calendar.setOption("columnWidth", isTight ? "minmax(110px, 1fr)" : undefined);
    this.#calendar.setOption("view", this.#viewName());
    this.refresh();
  }

  refresh() {
    this.#calendar.refetchEvents();
  }

  book() {
    this.#dialogs.openBook({ calendar: this.#shown.first() });
  }

  block() {
    this.#dialogs.openBlock({ calendar: this.#shown.first() });
  }

  /** What depends on the page, and what is done there. */
  #options() {
    const dragged = (info) => this.#dragged(info);
    const events = (info, ok, failed) => {
      this.#fetch(info, ok, failed); // the promise stays here: the library would take it for the events
    };
    return {
      view: this.#viewName(),
      date: this.#config.today,
      timeZone: this.#config.offset,
      selectable: this.#mayBook(),
      resources: this.#shown.resources(),
      eventSources: [{ events }],
      eventClick: (info) => this.#clicked(info),
      eventDrop: dragged,
      eventResize: dragged,
      select: (range) => this.#selected(range),
      dateClick: (clicked) => this.#dateClicked(clicked),
      eventDidMount: (info) => this.#keepFocus(info),
      datesSet: ({ start }) => this.#linkToPrint(start),
    };
  }

  #mayBook() {
    return this.#config.calendars.some((one) => one.editable);
  }

  #inColumns() {
    return this.#shown.isSideBySide() && ["day", "week"].includes(this.#view);
  }

  #viewName() {
    return VIEWS[this.#view][Number(this.#inColumns())];
  }

  /** Wall time in the page's zone. */
  #at(date) {
    return wall(date, this.#config.offset);
  }

  /** The calendar's name, where nothing else says whose an event is. */
  #nameOf(id) {
    const isPlain = this.#inColumns() || this.#shown.ids().length < 2;
    return isPlain ? "" : this.#config.calendars.find((one) => one.id === id)?.name;
  }

  async #fetch({ start, end }, ok, failed) {
    this.#place.setAttribute("aria-busy", "true");
    try {
      const days = [this.#at(start).slice(0, 10), this.#at(new Date(end.getTime() - 1)).slice(0, 10)];
      const found = await load(this.#config, ...days, this.#shown.ids(), this.#shown.withCancelled());
      await undisturbed();
      this.#focused = document.activeElement?.closest(".ec-event")?.dataset.event ?? "";
      ok(toEvents(found, (id) => this.#nameOf(id)));
    } catch (error) {
      this.#say(error.message);
      failed(error);
    } finally {
      this.#place.setAttribute("aria-busy", "false");
    }
  }

  #keepFocus({ el, event }) {
    el.dataset.event = event.id;
    if (event.id !== this.#focused) return;
    this.#focused = "";
    if (document.activeElement === document.body) el.focus({ preventScroll: true });
  }

  async #undo(token) {
    const answer = await post(this.#config.addresses.undo, { token });
    this.refresh();
    return answer.ok ? `${answer.reference} is booked again.` : answer.error;
  }

  #clicked({ event, jsEvent }) {
    jsEvent.preventDefault(); // or Enter would press the first button of the dialog that it opens
    const { row, kind } = event.extendedProps;
    if (kind === "appointment") this.#dialogs.openAbout(row);
    else if (kind === "blocked" && row.movable) this.#dialogs.openBlock(row);
  }

  #dragged(info) {
    const { event, newResource } = info;
    const { row, kind } = event.extendedProps;
    const calendar = Number(newResource?.id ?? event.resourceIds[0]);
    const changed = { calendar, start: this.#at(event.start), end: this.#at(event.end) };
    const reverted = () => info.revert();
    if (kind === "appointment") this.#dialogs.openMove(row, changed, reverted);
    else this.#dialogs.openBlock({ ...row, ...changed }, reverted);
  }

  #selected({ start, end, resource }) {
    this.#calendar.unselect();
    if (this.#view === "month") return;
    const calendar = resource?.id ?? this.#shown.first();
    this.#dialogs.openBook({ calendar, start: this.#at(start), end: this.#at(end) });
  }

  #dateClicked({ date, resource }) {
    if (this.#view === "month") {
      this.#calendar.setOption("date", this.#at(date));
      this.show("day");
    } else if (this.#mayBook()) {
      this.#dialogs.openBook({ calendar: resource?.id ?? this.#shown.first(), start: this.#at(date) });
    }
  }

  #linkToPrint(start) {
    const link = document.getElementById("print-day");
    const day = this.#view === "day" ? this.#at(start).slice(0, 10) : this.#config.today;
    link.href = `${link.href.split("?")[0]}?day=${day}`;
  }
}

function start(place) {
  const schedule = new Schedule(place, JSON.parse(document.getElementById("schedule-config").textContent));
  for (const button of document.querySelectorAll("[data-view]")) {
    button.addEventListener("click", () => schedule.show(button.dataset.view));
  }
  document.querySelector("[data-open=book]")?.addEventListener("click", () => schedule.book());
  document.querySelector("[data-open=block]")?.addEventListener("click", () => schedule.block());
  setInterval(() => !document.hidden && !document.querySelector("dialog[open]") && schedule.refresh(), REFRESH_MS);
}

const place = document.getElementById("schedule");
if (place) start(place);
