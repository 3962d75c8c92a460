// What the calendar page asks the server, and how its answers become events of the calendar.

/** Wall time in the calendar's own zone, "2030-01-08T10:00:00", of a Date that the calendar gives out. */
export function wall(date, offset) {
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)/.exec(offset);
  const shift = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -1 : 1);
  return new Date(date.getTime() + shift * 60_000).toISOString().slice(0, 19);
}

export const dayOf = (at) => at.slice(0, 10);
export const timeOf = (at) => at.slice(11, 16);
export const minutesBetween = (start, end) => (Date.parse(`${end}Z`) - Date.parse(`${start}Z`)) / 60_000;

/** Posts fields; answers { ok, ... } as the server does, and with a sentence where it could not be asked. */
export async function post(address, fields) {
  const body = new URLSearchParams(fields);
  const token = document.querySelector("#schedule-page [name=csrfmiddlewaretoken]").value;
  try {
    const answer = await fetch(address, { method: "POST", body, headers: { "X-CSRFToken": token } });
    if (answer.headers.get("Content-Type")?.startsWith("application/json")) return await answer.json();
    if (answer.status === 403)
      return { error: "You may not change this calendar. Ask an owner for the role that may." };
    if (answer.status === 404) return { error: "This does not exist any longer. Reload the page." };
    return { error: "The server could not do that. Try again; if it keeps failing, reload the page." };
  } catch {
    return { error: "The server cannot be reached. Nothing was changed. Try again." };
  }
}

export async function load(config, first, last, shown, withCancelled) {
  const query = new URLSearchParams([["first", first], ["last", last], ...shown.map((id) => ["calendar", String(id)])]);
  if (withCancelled) query.set("cancelled", "yes");
  const answer = await fetch(`${config.addresses.events}?${query}`);
  if (!answer.ok) throw new Error(`The appointments could not be loaded (${answer.status}). Reload the page.`);
  return answer.json();
}

/** The server's rows as the library's events. `nameOf` adds a calendar's name where columns do not show it. */
export function toEvents({ appointments, blocked, open, shut }, nameOf) {
  const background = (row, start, end, name) => ({
    start,
    end,
    resourceIds: [String(row.calendar)],
    display: "background",
    classNames: [name],
  });
  return [
    ...open.map((row) => background(row, row.start, row.end, "iw-open")),
    ...shut.map((row) => background(row, row.start, row.end, "iw-closed")),
    ...appointments.flatMap((row) => [
      ...(row.busy_from < row.start ? [background(row, row.busy_from, row.start, "iw-buffer")] : []),
      ...(row.busy_until > row.end ? [background(row, row.end, row.busy_until, "iw-buffer")] : []),
    ]),
    ...appointments.map((row) => ({
      id: row.id,
      resourceIds: [String(row.calendar)],
      start: row.start,
      end: row.end,
      title: [row.service, row.name || row.state_label, nameOf(row.calendar)].filter(Boolean).join(" · "),
      classNames: ["iw-event", `iw-state-${row.state}`],
      styles: [`--iw-edge: ${row.colour}`],
      startEditable: row.movable,
      durationEditable: row.movable && !row.shared,
      extendedProps: { row, kind: "appointment" },
    })),
    ...blocked.map((row) => ({
      id: `blocked-${row.id}`,
      resourceIds: [String(row.calendar)],
      start: row.start,
      end: row.end,
      title: [row.reason || "Blocked", nameOf(row.calendar)].filter(Boolean).join(" · "),
      classNames: ["iw-event", "iw-state-blocked"],
      startEditable: row.movable,
      durationEditable: row.movable,
      extendedProps: { row, kind: "blocked" },
    })),
  ];
}
