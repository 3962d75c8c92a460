// The service worker of the admin: shows what is pushed, and opens the page that it is about. It answers no requests and
// keeps nothing, so that every page comes from the server.

const ANSWER_MS = 400; // that an open page is given to say whether it shows the event itself

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("push", (event) => event.waitUntil(show(read(event.data))));
addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.url));
});

/** What was pushed; something true where it cannot be read, since browsers require that something is shown. */
function read(data) {
  try {
    return data.json();
  } catch {
    return { title: "Something has happened", body: "", url: registration.scope, tag: "unknown" };
  }
}

async function show(told) {
  const pages = await clients.matchAll({ type: "window" });
  const answers = pages.filter((page) => page.visibilityState === "visible").map((page) => isShownBy(page, told));
  if ((await Promise.all(answers)).includes(true)) return;
  const { title, body, tag, url } = told;
  await registration.showNotification(title, { body, tag, renotify: true, data: { url } });
}

/** Asks a page that somebody is looking at; one that does not answer shows nothing. */
function isShownBy(page, told) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data === true);
    setTimeout(resolve, ANSWER_MS, false);
    page.postMessage({ type: "pushed", told }, [port2]);
  });
}

/** Goes to the tab that has the page already, without reloading it: something may have been typed there. */
async function open(url) {
  const target = new URL(url, registration.scope);
  if (target.origin !== location.origin) return;
  const pages = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find((page) => new URL(page.url).pathname === target.pathname);
  if (!there) return clients.openWindow(target.href);
  await there.focus();
  there.postMessage({ type: "open", url: target.href });
}
