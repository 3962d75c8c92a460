// The dialog about one appointment: what is known of it, and what can be done with it.

import { dayOf, post, timeOf } from "./events.js";
import { byId, node } from "./form.js";

const factsOf = (row, calendar) => ({
  When: `${dayOf(row.start)}, ${timeOf(row.start)}–${timeOf(row.end)} (${calendar.zone})`,
  Calendar: calendar.name,
  State: row.state_label,
  Phone: row.phone,
  "E-mail": row.email,
  Notes: row.reason,
  Reference: row.reference,
});

/** `open` has the dialogs that it leads to, by what is done there. */
export function createAbout({ config, changed, calendars }, open) {
  const dialog = byId("about");
  const problem = dialog.querySelector("[data-problem]");

  async function mark(row, button) {
    const answer = await post(`${config.appointment}${row.id}/mark/`, { as: button.dataset.do });
    problem.textContent = answer.error ?? "";
    problem.hidden = !answer.error;
    if (!answer.ok) return;
    dialog.close();
    changed(`${row.reference}: ${button.textContent.toLowerCase()}.`);
  }

  function offer(button, row) {
    const act = button.dataset.do;
    const leadsTo = open[act];
    button.hidden = !(leadsTo ? row.movable : row.marks.includes(act));
    button.onclick = () => (leadsTo ? (dialog.close(), leadsTo(row)) : mark(row, button));
  }

  return (row) => {
    const facts = Object.entries(factsOf(row, calendars.get(String(row.calendar)))).filter(([, value]) => value);
    dialog.querySelector("h2").textContent = `${row.service}, ${row.name || row.state_label}`;
    dialog
      .querySelector("dl")
      .replaceChildren(...facts.flatMap(([name, value]) => [node("dt", name), node("dd", value)]));
    dialog.querySelector("[data-link]").href = `${config.appointment}${row.id}/change/`;
    dialog.querySelector("[data-edit]").href = `${config.appointment}${row.id}/details/`;
    dialog.querySelector("[data-edit]").hidden = !row.correctable;
    problem.hidden = true;
    for (const button of dialog.querySelectorAll("[data-do]")) offer(button, row);
    dialog.showModal();
  };
}
