// Turns notifications on and off in this browser, and says why where it cannot.

const config = JSON.parse(document.getElementById("push-config").textContent);
const root = document.getElementById("push");
const state = document.getElementById("push-state");
const problem = document.getElementById("push-problem");
const on = document.getElementById("push-on");

const SAID = {
  insecure:
    "Browsers show notifications only of sites that are opened with https://, or on this computer itself. Ask the operator of this installation for an address with https://.",
  unsupported: "This browser does not support notifications. Current versions of Chrome, Edge, Firefox and Safari do.",
  home: "On an iPhone or iPad, notifications need this admin on the home screen: in Safari, choose Share and Add to Home Screen, open it there, and turn them on.",
  denied:
    "Notifications of this site are blocked in this browser. Allow them in its settings for this site, behind the icon beside the address, and reload the page.",
  default: "They are off. When you turn them on, the browser asks whether you allow them.",
  granted: "They are off in this browser.",
  on: "They are on in this browser.",
};

function say(what) {
  state.textContent = SAID[what];
  on.hidden = !["default", "granted"].includes(what);
}

function fail(text) {
  problem.textContent = text;
  problem.hidden = false;
}

/** Posts to the server; answers whether it has worked, and says otherwise why not. */
async function post(address, fields) {
  const token = root.querySelector("[name=csrfmiddlewaretoken]").value;
  try {
    const options = { method: "POST", body: new URLSearchParams(fields), headers: { "X-CSRFToken": token } };
    const answer = await fetch(address, options);
    const said = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : {};
    if (answer.ok) return true;
    fail(said.error ?? "The server could not do that. Reload the page and try again.");
  } catch {
    fail("The server cannot be reached. Nothing was changed. Try again.");
  }
  return false;
}

const encoded = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

async function digest(text) {
  const found = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(found)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function registration() {
  await navigator.serviceWorker.register(config.worker, { scope: config.scope, updateViaCache: "none" });
  return navigator.serviceWorker.ready;
}

const usesOurKey = (subscription) => encoded(subscription.options.applicationServerKey) === config.key;

/** Subscribes, again where the key is not the installation's any longer, and has the server keep it. */
async function add() {
  const { pushManager } = await registration();
  let subscription = await pushManager.getSubscription();
  if (subscription && !usesOurKey(subscription)) {
    await subscription.unsubscribe();
    subscription = null;
  }
  subscription ??= await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: config.key });
  const [p256dh, auth] = ["p256dh", "auth"].map((name) => encoded(subscription.getKey(name)));
  return post(config.subscribe, { address: subscription.endpoint, p256dh, auth, key: config.key });
}

/** What reminds somebody who logs in again that a log-out has turned them off. */
function remember(wanted) {
  if (wanted) localStorage.setItem("interworky-push", location.pathname);
  else localStorage.removeItem("interworky-push");
}

async function turnOn() {
  problem.hidden = true;
  if ((await Notification.requestPermission()) !== "granted") return say(Notification.permission);
  on.disabled = true;
  try {
    if (await add()) {
      remember(true);
      return location.reload();
    }
  } catch (error) {
    fail(`This browser could not turn them on: ${error.message}`);
  } finally {
    on.disabled = false;
  }
}

async function act(button) {
  problem.hidden = true;
  const browser = button.closest("[data-browser]").dataset.browser;
  if (button.dataset.act === "remove" && browser === (await current()).id) {
    await (await subscribed())?.unsubscribe();
    remember(false);
  }
  if (!(await post(config[button.dataset.act], { browser }))) return;
  if (button.dataset.act === "remove") return location.reload();
  state.textContent = "A test is on its way. If nothing appears, look at what your computer does with notifications.";
}

async function subscribed() {
  const known = await navigator.serviceWorker?.getRegistration(config.scope);
  return (await known?.pushManager?.getSubscription()) ?? null;
}

/** This browser's subscription, and its id where the server pushes to it. */
async function current() {
  const subscription = await subscribed();
  return { subscription, id: subscription && config.browsers[await digest(subscription.endpoint)] };
}

async function look() {
  if (!isSecureContext) return say("insecure");
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window))
    return say(navigator.standalone === false ? "home" : "unsupported"); // only Apple's touch devices have `standalone`
  if (Notification.permission !== "granted") return say(Notification.permission);
  const { subscription, id } = await current();
  if (!id) return say("granted");
  root.querySelector(`[data-browser="${id}"] [data-this]`).hidden = false;
  if (!usesOurKey(subscription)) await add(); // the installation has a new key
  say("on");
}

on.addEventListener("click", turnOn);
root.addEventListener("click", ({ target }) => target.dataset.act && act(target));
await look();
