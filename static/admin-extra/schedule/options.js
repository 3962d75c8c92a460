// How the library shows calendars: what is the same in all views.

export const OPTIONS = {
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
  unselectAuto: true,
  editable: true,
  filterEventsWithResources: false,
  datesAboveResources: true,
  noEventsContent: "No appointments in these days",
  lazyFetching: false,
};

/** The first day of the week where the reader lives: 0 is Sunday. */
function firstDay() {
  const locale = new Intl.Locale(navigator.language);
  const week = locale.getWeekInfo?.() ?? locale.weekInfo;
  return (week?.firstDay ?? 1) % 7;
}
