// The calendar page: the calendar itself, its views, and what a click, a drag and a key do there.

import { createCalendar, DayGrid, Interaction, List, ResourceTimeGrid, TimeGrid } from "../vendor/event-calendar.js";
import { createDialogs } from "./dialogs.js";
import { load, post, toEvents, wall } from "./events.js";

const VIEWS = {
  day: ["timeGridDay", "resourceTimeGridDay"],
  week: ["timeGridWeek", "resourceTimeGridWeek"],
  month: ["dayGridMonth", "dayGridMonth"],
  list: ["listWeek", "listWeek"],
};
const REFRESH_MS = 60_000;

function start(place) {
  const config = JSON.parse(document.getElementById("schedule-config").textContent);
  const said = document.getElementById("said");
  const boxes = [...document.querySelectorAll("[name=shown]")];
  const sideBySide = document.getElementById("side-by-side");
  const withCancelled = document.getElementById("with-cancelled");
  const mayBook = config.calendars.some((one) => one.editable);
  let view = innerWidth < 768 || config.calendars.length > 1 ? "day" : "week";
  const shown = () => (boxes.length ? boxes.filter((box) => box.checked).map((box) => box.value) : ids());
  const ids = () => config.calendars.map((one) => String(one.id));
  const inColumns = () => Boolean(sideBySide?.checked) && ["day", "week"].includes(view);
  const at = (date) => wall(date, config.offset);
  const nameOf = (id) => (inColumns() || shown().length < 2 ? "" : config.calendars.find((one) => one.id === id)?.name);

  const dialogs = createDialogs(config, (text, undo) => {
    say(text, undo);
    calendar.refetchEvents();
  });

  const only = () => shown()[0] ?? ids()[0];
  const calendarOf = (event, resource) => Number(resource?.id ?? event.resourceIds[0]);
  const changedTo = (info) => ({
    calendar: calendarOf(info.event, info.newResource),
    start: at(info.event.start),
    end: at(info.event.end),
  });
  const dragged = (info) => {
    const { row, kind } = info.event.extendedProps;
    const reverted = () => info.revert();
    if (kind === "appointment") dialogs.openMove(row, changedTo(info), reverted);
    else dialogs.openBlock({ ...row, ...changedTo(info) }, reverted);
  };

  const calendar = createCalendar(place, [DayGrid, Interaction, List, ResourceTimeGrid, TimeGrid], {
    view: VIEWS[view][Number(inColumns())],
    date: config.today,
    timeZone: config.offset,
    locale: navigator.language.startsWith("en") ? navigator.language : "en-GB",
    firstDay: firstDay(),
    height: "auto",
    headerToolbar: { start: "prev,next today", center: "title", end: "" },
    buttonText: { today: "Today", next: "Next", prev: "Previous" },
    allDaySlot: false,
    nowIndicator: true,
    dayMaxEvents: true,
    pointer: true,
    slotDuration: "00:30",
    snapDuration: "00:15",
    slotMinTime: "08:00",
    slotMaxTime: "18:00",
    flexibleSlotTimeLimits: { eventFilter: (event) => !event.classNames.includes("iw-closed") },
    eventLongPressDelay: 400,
    selectLongPressDelay: 400,
    selectable: mayBook,
    unselectAuto: true,
    editable: true,
    resources: resources(),
    filterEventsWithResources: false,
    datesAboveResources: true,
    noEventsContent: "No appointments in these days",
    eventSources: [
      {
        events: (info, ok, failed) => {
          fetchEvents(info, ok, failed); // the promise stays here: the library would take it for the events
        },
      },
    ],
    lazyFetching: false,
    eventClick: ({ event, jsEvent }) => {
      jsEvent.preventDefault(); // or Enter would press the first button of the dialog that it opens
      const { row, kind } = event.extendedProps;
      if (kind === "appointment") dialogs.openAbout(row);
      else if (kind === "blocked" && row.movable) dialogs.openBlock(row);
    },
    eventDrop: dragged,
    eventResize: dragged,
    select: ({ start, end, resource }) => {
      calendar.unselect();
      if (view !== "month") dialogs.openBook({ calendar: resource?.id ?? only(), start: at(start), end: at(end) });
    },
    dateClick: ({ date, resource }) => {
      if (view === "month") {
        calendar.setOption("date", at(date));
        show("day");
      } else if (mayBook) dialogs.openBook({ calendar: resource?.id ?? only(), start: at(date) });
    },
    datesSet: ({ start }) => {
      const link = document.getElementById("print-day");
      const day = view === "day" ? at(start).slice(0, 10) : config.today;
      link.href = `${link.href.split("?")[0]}?day=${day}`;
    },
  });

  function resources() {
    const wanted = new Set(shown());
    const several = new Set(config.calendars.map((one) => one.zone)).size > 1;
    const title = (one) => (several ? `${one.name} (${one.zone})` : one.name);
    return config.calendars
      .filter((one) => wanted.has(String(one.id)))
      .map((one) => ({ id: String(one.id), title: title(one) }));
  }

  async function fetchEvents({ start, end }, ok, failed) {
    place.setAttribute("aria-busy", "true");
    try {
      const days = [at(start).slice(0, 10), at(new Date(end.getTime() - 1)).slice(0, 10)];
      const found = await load(config, ...days, shown(), withCancelled.checked);
      ok(toEvents(found, nameOf));
    } catch (error) {
      say(error.message);
      failed(error);
    } finally {
      place.setAttribute("aria-busy", "false");
    }
  }

  function show(name) {
    view = name;
    for (const button of document.querySelectorAll("[data-view]")) {
      button.setAttribute("aria-pressed", String(button.dataset.view === name));
    }
    calendar.setOption("resources", resources());
    const columns = inColumns() && view === "week" ? shown().length * 7 : inColumns() ? shown().length : 1;
    calendar.setOption(
      "columnWidth",
      columns > 2 || (columns > 1 && innerWidth < 768) ? "minmax(110px, 1fr)" : undefined,
    );
    calendar.setOption("view", VIEWS[view][Number(inColumns())]);
    calendar.refetchEvents();
  }

  function say(text, undo) {
    const words = Object.assign(document.createElement("span"), { textContent: text });
    said.replaceChildren(words);
    if (undo) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Undo" });
      button.className = "iw-button";
      button.addEventListener("click", async () => {
        const answer = await post(config.addresses.undo, { token: undo });
        say(answer.ok ? `${answer.reference} is booked again.` : answer.error);
        calendar.refetchEvents();
      });
      said.append(button);
    }
    said.hidden = false;
  }

  for (const button of document.querySelectorAll("[data-view]")) {
    button.addEventListener("click", () => show(button.dataset.view));
  }
  for (const box of [...boxes, sideBySide, withCancelled]) box?.addEventListener("change", () => show(view));
  document.querySelector("[data-open=book]")?.addEventListener("click", () => dialogs.openBook({ calendar: only() }));
  document.querySelector("[data-open=block]")?.addEventListener("click", () => dialogs.openBlock({ calendar: only() }));
  setInterval(
    () => !document.hidden && !document.querySelector("dialog[open]") && calendar.refetchEvents(),
    REFRESH_MS,
  );
  show(view);
}

/** The first day of the week where the reader lives: 0 is Sunday. */
function firstDay() {
  const locale = new Intl.Locale(navigator.language);
  const week = locale.getWeekInfo?.() ?? locale.weekInfo;
  return (week?.firstDay ?? 1) % 7;
}

const place = document.getElementById("schedule");
if (place) start(place);
