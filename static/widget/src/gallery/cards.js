/** Cards of each kind, as the server sends them (docs/protocol.md). */

const at = "2030-01-08T09:31:00Z";
const times = (/** @type {string[]} */ ...labels) =>
  labels.map((label) => ({ id: `s-${label}`, label, start_at: `2030-01-09T${label}:00Z` }));
const email = { name: "email", label: "Your e-mail", type: "email", value: "ada@example.com" };
const when = ["When", "Wednesday 9 January 2030, 14:00 in London"];

/** @type {Record<string, any>} */
export const CARDS = {
  slots: {
    title: "Cut and finish",
    timezone: "Europe/London",
    service: "3",
    first_day: "2030-01-08",
    last_day: "2030-03-05",
    services: [
      { id: "3", name: "Cut and finish", minutes: [45], price: "£45", description: "With a wash." },
      { id: "4", name: "Colour", minutes: [120], price: "from £90" },
    ],
    calendars: [
      { id: "1", name: "Mira" },
      { id: "2", name: "Tom" },
    ],
    days: [
      { date: "2030-01-09", label: "Wednesday 9 January", slots: times("09:00", "10:30", "14:00", "14:30", "16:00") },
    ],
  },
  confirm: {
    title: "Book this appointment?",
    lines: [when, ["What", "Cut and finish with Mira"]],
    fields: [
      { name: "name", label: "Your name", type: "text" },
      { ...email, value: "ada", problem: "Please enter an e-mail address such as ada@example.com." },
      { name: "first", label: "First visit", type: "checkbox", optional: true },
      {
        name: "how",
        label: "How did you hear of us?",
        type: "select",
        options: ["A friend", "The web"],
        optional: true,
      },
    ],
    confirm_label: "Book",
    cancel_label: "No, thanks",
    expires_at: "2099-01-08T09:40:00Z",
  },
  receipt: {
    state: "closed",
    title: "Appointment confirmed",
    reference: "7KQ2MX",
    lines: [when, ["Where", "12 Harbour Street"]],
    status: "done",
    note: "An e-mail was sent to ada@example.com.",
    ics_url: "/appointments/x/invitation.ics",
    manage_url: "/appointments/x/",
    calendar_links: [["Calendar file (.ics)", "/appointments/x/invitation.ics"]],
  },
  failed: {
    state: "closed",
    kind: "receipt",
    title: "Message to the team",
    status: "failed",
    lines: [],
    note: "Not delivered.",
  },
  contact: {
    title: "Leave a message",
    text: "The team will write back.",
    fields: [email, { name: "message", label: "Message", type: "textarea" }],
  },
  verify: {
    title: "Sending the price list",
    text: "We have mailed a code to ada@example.com. It can take a minute to arrive.",
    lines: [],
    fields: [{ name: "code", label: "The code from the e-mail", type: "code" }],
    confirm_label: "Confirm",
    again_label: "Another code or address",
    problem: "That is not the code. Tries left: 4.",
  },
};

/** @param {string} name */
export const cardOf = (name) => ({ id: `card-${name}`, kind: name, state: "open", at, ...CARDS[name] });
