import { h, iconButton } from "../dom.js";
import { CLOSE, LEAVE, MAIL, PENCIL, PERSON, SAVE, SEARCH, SHIELD } from "../icons.js";
import { fill } from "../locales/index.js";
import { createMenu } from "./menu.js";

/** The name of the assistant or member of staff, and the menu.
 * @param {import("./index.js").Actions} actions @param {import("./index.js").Page} page */
export function createHeader(actions, page) {
  const { t, mode, locale, picture } = page;
  const avatar = h("span", { class: "avatar", "aria-hidden": "true" });
  const title = h("bdi"); // in the direction of its own letters, at the side of the avatar
  const who = h("span");
  const demo = h("span", { class: "pill", title: t.demoHint }, t.demo);
  const menu = createMenu(t.menu, [
    { path: PERSON, label: t.person, act: actions.askForPerson },
    { path: PENCIL, label: t.newConversation, act: actions.startAnew },
    { path: SEARCH, label: t.search, act: () => actions.search(el, page) },
    { path: SAVE, label: t.transcript, act: () => actions.saveTranscript({ t, locale }) },
    { path: MAIL, label: t.transcriptMail, act: () => actions.ask("mail", el, page) },
    { path: LEAVE, label: t.end, act: () => actions.ask("end", el, page) },
    { path: SHIELD, label: t.yourData, act: () => actions.showOwnData(el, page) },
  ]);
  const close = iconButton(CLOSE, t.close, { hidden: mode !== "", onclick: actions.close });
  const el = h(
    "div",
    { class: "header" },
    avatar,
    h("div", { class: "who" }, h("h2", { id: "title" }, title), h("p", null, who, demo)),
    menu.el,
    close,
  );
  void picture?.then((draw) => avatar.replaceChildren(draw(40)));
  return {
    el,
    /** @param {import("./index.js").State} state */
    update({ config, conversation, items, pending }) {
      const name = config.title || config.name;
      title.textContent = name;
      if (!avatar.firstElementChild) avatar.textContent = [...name][0]?.toUpperCase() ?? "";
      const withPerson = fill(t.withPerson, { name: conversation?.staff || t.team });
      const is = conversation?.state;
      const canAskForPerson = config.human !== false && (is === undefined || is === "assistant");
      const back = conversation?.opens_at && Date.parse(conversation.opens_at);
      const told = back && back > Date.now() ? fill(t.personAway, { time: dayAndTime(locale, back) }) : t.personDue;
      const waits = conversation?.notified ? told : t.personAsked;
      // A page of its own does not say elsewhere whose it is.
      const isOf = mode === "page" && config.organization && config.organization !== name ? config.organization : "";
      const assistant = [isOf, t.assistant, canAskForPerson && presenceOf(config, t, locale)]
        .filter(Boolean)
        .join(" · ");
      who.textContent = is === "waiting" ? waits : is === "staff" ? withPerson : assistant;
      demo.hidden = !config.demo || is === "staff";
      const isBegun = items.length > 0;
      const hasData = Boolean(config.own_data && conversation);
      const isOpen = isBegun && is !== "closed";
      menu.update([canAskForPerson, isBegun || pending.length > 0, isBegun, isBegun, isBegun, isOpen, hasData]);
    },
  };
}

/** Whether the team is there, where staff have said when it is. Settings may be older than what they say.
 * @param {import("../store.js").Config} config @param {import("../locales/index.js").Strings} t @param {string} locale */
function presenceOf({ office }, t, locale) {
  const [opens, closes] = [office?.opens_at, office?.closes_at].map((at) => Date.parse(at ?? ""));
  if (opens > Date.now()) return fill(t.teamBack, { time: dayAndTime(locale, opens) });
  return closes > Date.now() && t.teamHere;
}

const WEEK_MS = 6 * 24 * 60 * 60 * 1000;

/** The time, with the weekday where it is not today, and with the date where several weekdays of that name lie between.
 * @param {string} locale @param {number} at */
const dayAndTime = (locale, at) =>
  new Intl.DateTimeFormat(locale, {
    ...(new Date(at).toDateString() !== new Date().toDateString() ? { weekday: "long" } : {}),
    hour: "numeric",
    minute: "2-digit",
    ...(at - Date.now() > WEEK_MS ? { day: "numeric", month: "long" } : {}),
  }).format(at);
