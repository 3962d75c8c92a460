// What has just happened, on every page of the admin: in words, with a sound, and as a number in the title of a tab that nobody
// looks at. The server sends what this person has chosen to be told of. One tab holds the socket and passes it on to the
// others, and one of them makes the sound, however many there are.

"use strict";

// A block, since the admin's theme loads scripts that are no modules: nothing in it is visible to others.
{
  const LOOK_MS = 150; // that other tabs are given to say that somebody reads the conversation there
  const SHOWN_MS = 15_000;
  const LATE_MS = 10_000; // after which a tab that was asleep makes no sound any more
  const FIRST_WAIT_MS = 500;
  const LONGEST_WAIT_MS = 30_000;
  const KEPT = 50; // ids of notices that are remembered
  const HEARD = "interworky-heard"; // in localStorage: the ids of those that a tab has made a sound for

  const WANTED = "interworky-push"; // in localStorage, where notifications were turned on: the page on which that is done

  const channel = new BroadcastChannel("interworky-notices");
  const shown = new Set();
  const asked = new Map(); // id → what to do where somebody looks at its conversation
  const title = { plain: "", unseen: 0 };
  let audio;

  // Browsers allow sounds once somebody has clicked or typed on the page.
  for (const type of ["pointerdown", "keydown"]) {
    addEventListener(type, () => (audio ??= new AudioContext()), { once: true });
  }

  /** One tab at a time; where a page without https has no locks, each for itself. */
  const alone = (name, work) => (navigator.locks ? navigator.locks.request(`interworky-${name}`, work) : work());

  const isInbox = () => document.getElementById("inbox") !== null;
  const isRead = (conversation) =>
    Boolean(conversation) &&
    document.visibilityState === "visible" &&
    isInbox() &&
    new URLSearchParams(location.search).get("conversation") === conversation;

  // --- The socket, of one tab ------------------------------------------------------------------------------------------

  /** `onEnd()` is called once this person is logged out: the next page says so. */
  function listen(onEnd, wait = FIRST_WAIT_MS) {
    let next = wait;
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws/v1/inbox?only=notices`);
    socket.onmessage = ({ data }) => {
      const event = JSON.parse(data);
      if (event.type === "ready") {
        next = FIRST_WAIT_MS;
        remindOfPush(event.push);
      }
      if (event.type === "notice") spread(event);
    };
    socket.onclose = ({ code }) => {
      if (code === 4401 || code === 4403) return onEnd();
      setTimeout(listen, next * (0.5 + Math.random() / 2), onEnd, Math.min(next * 2, LONGEST_WAIT_MS));
    };
  }

  /** Logging out has turned notifications off in a browser in which somebody wants them: said once in each tab. */
  function remindOfPush(isOn) {
    const link = localStorage.getItem(WANTED);
    if (isOn) sessionStorage.removeItem(WANTED);
    if (isOn || !link || sessionStorage.getItem(WANTED)) return;
    sessionStorage.setItem(WANTED, "said");
    addToPage({ title: "Notifications of this browser are off since you logged out. Turn them on again.", link });
  }

  /** Shows a notice in all tabs, unless somebody is reading its conversation in one of them. */
  async function spread(notice) {
    if (isRead(notice.conversation) || (await isReadElsewhere(notice))) return;
    const dated = { ...notice, at: Date.now() };
    channel.postMessage({ show: dated });
    show(dated);
  }

  function isReadElsewhere({ id, conversation }) {
    return new Promise((resolve) => {
      asked.set(id, () => resolve(true));
      channel.postMessage({ ask: id, conversation });
      setTimeout(resolve, LOOK_MS, false);
    }).finally(() => asked.delete(id));
  }

  channel.onmessage = ({ data }) => {
    if (data.show) show(data.show);
    if (data.ask && isRead(data.conversation)) channel.postMessage({ read: data.ask });
    if (data.read) asked.get(data.read)?.();
  };

  // --- What a tab shows ------------------------------------------------------------------------------------------------

  function show(notice) {
    if (shown.has(notice.id)) return;
    shown.add(notice.id);
    if (shown.size > KEPT) shown.delete(shown.values().next().value);
    addToPage(notice);
    if (document.visibilityState === "hidden" && !isInbox()) count(title.unseen + 1); // the inbox counts by itself
    if (Date.now() - notice.at < LATE_MS) chimeOnce(notice.id);
  }

  function count(unseen) {
    if (title.unseen === 0) title.plain = document.title;
    title.unseen = unseen;
    document.title = unseen ? `(${unseen}) ${title.plain}` : title.plain;
  }

  function place() {
    const known = document.getElementById("iw-notices");
    if (known) return known;
    const made = document.createElement("div");
    made.id = "iw-notices";
    made.setAttribute("role", "status");
    const buttons = document.getElementById("submit-row"); // of a form: it stays in sight below the notices
    if (buttons) buttons.before(made);
    else document.body.append(made);
    return made;
  }

  function addToPage({ title: text, link, conversation }) {
    const line = document.createElement("p");
    const words = document.createElement(link ? "a" : "span");
    words.textContent = text;
    if (link) {
      const { pathname, search } = new URL(link, location.href); // whatever address the product is opened by
      words.href = pathname + search;
      words.onclick = (event) => isOpened(conversation) && event.preventDefault();
    }
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", "Dismiss");
    close.onclick = () => line.remove();
    line.append(words, close);
    place().prepend(line); // above the others, which stay where they are at the foot of the window
    const fade = () => {
      const isSeen = line.getClientRects().length > 0; // the inbox shows one at a time
      setTimeout(() => (isInUse() || !isSeen ? fade() : line.remove()), SHOWN_MS);
    };
    if (document.visibilityState === "visible") fade();
    else addEventListener("visibilitychange", fade, { once: true }); // it stays until somebody can see it
  }

  /** Whether somebody is about to open or dismiss one. */
  const isInUse = () => place().matches(":hover, :focus-within");

  /** Whether the inbox, on this page, has opened the conversation, so that nothing that was typed there is lost. */
  const isOpened = (conversation) =>
    Boolean(conversation) && !dispatchEvent(new CustomEvent("iw:open", { detail: conversation, cancelable: true }));

  // --- The sound -------------------------------------------------------------------------------------------------------

  function chimeOnce(id) {
    if (audio?.state !== "running") return;
    alone("chime", () => {
      const heard = JSON.parse(localStorage.getItem(HEARD) ?? "[]");
      if (heard.includes(id)) return;
      localStorage.setItem(HEARD, JSON.stringify([...heard, id].slice(-KEPT)));
      chime();
    });
  }

  /** Two soft notes, made here: a file would be one more request. */
  function chime() {
    for (const [index, frequency] of [660, 880].entries()) {
      const start = audio.currentTime + index * 0.14;
      const tone = new OscillatorNode(audio, { frequency });
      const volume = new GainNode(audio, { gain: 0 });
      volume.gain.setValueAtTime(0.12, start);
      volume.gain.exponentialRampToValueAtTime(0.001, start + 0.3);
      tone.connect(volume).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.3);
    }
  }

  // --- What is pushed to this browser ----------------------------------------------------------------------------------

  navigator.serviceWorker?.addEventListener("message", ({ data, ports }) => {
    // Somebody who looks at this page needs no notification of what it shows already.
    if (data.type === "pushed") ports[0].postMessage(shown.has(data.told.notice) || isRead(data.told.conversation));
    if (data.type === "open") open(new URL(data.url));
  });

  function open(url) {
    if (url.href === location.href || isOpened(url.searchParams.get("conversation"))) return;
    location.assign(url.pathname + url.search);
  }

  addEventListener("visibilitychange", () => document.visibilityState === "visible" && title.unseen && count(0));
  addEventListener("DOMContentLoaded", () => {
    if (!document.getElementById("logout-form")) return; // nobody is logged in
    // Until the tab is closed, or its login ends: a tab that was opened after the next login takes over then.
    alone("notices", () => new Promise((resolve) => listen(resolve)));
  });
}
