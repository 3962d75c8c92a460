/**
 * Whether what JavaScript and the browser bring along does its work here. Importing this throws where it does not: then the
 * panel is not begun in the page, but in a frame of its own (`frame/`).
 *
 * Tried, not compared with what it was: much of a page wraps `fetch` or `Promise`, and does no harm.
 */

const LIST = [3, 1, 2];

/** What the panel uses most, each with something that it must do. @type {Record<string, () => unknown>} */
const NEEDED = {
  fetch: () => typeof fetch === "function",
  AbortController: () => new AbortController().signal instanceof EventTarget,
  Intl: () =>
    new Intl.DateTimeFormat("en", { timeZone: "UTC", month: "short" }).format(0) === "Jan" &&
    new Intl.NumberFormat("en").format(1000) === "1,000" &&
    new Intl.PluralRules("en").select(1) === "one",
  JSON: () => JSON.stringify({ a: ['"'] }) + JSON.stringify("b") === '{"a":["\\""]}"b"' && JSON.parse("[7]")[0] === 7,
  URL: () => new URL("/a?b=c", "https://www.example.com").searchParams.get("b") === "c",
  TextDecoder: () => new TextDecoder().decode(new Uint8Array([65])) === "A",
  Promise: () => typeof Promise.resolve().then().finally === "function" && Promise.all([]) instanceof Promise,
  queueMicrotask: () => typeof queueMicrotask === "function",
  Map: () => new Map([[1, 2]]).get(1) === 2 && [...new Map([[1, 2]])][0][1] === 2,
  Set: () => [...new Set([1, 1])].length === 1 && new Set([1]).has(1),
  Object: () => {
    const made = Object.assign(Object.fromEntries([["a", 1]]), { b: 2 });
    return `${Object.keys(made)} ${Object.values(made)} ${Object.entries(made)}` === "a,b 1,2 a,1,b,2";
  },
  "Function.prototype": () =>
    function (/** @type {number} */ a) {
      // @ts-ignore: it is bound
      return this + a;
    }.bind(1)(2) === 3,
  "String.prototype": () =>
    "aXb".replace("X", "-").replace(/a/g, () => "c") === "c-b" &&
    `${"a,b".split(",")} ${[..."a1".matchAll(/\d/g)]} ${" c ".trim()}${"1".padStart(2, "0")}` === "a,b 1 c01" &&
    "abc".startsWith("a") &&
    "abc".includes("b") &&
    "abc".slice(1, 2) === "b" &&
    "a".codePointAt(0) === 97,
  "Array.prototype": () => {
    let sum = 0;
    LIST.forEach((value) => void (sum += value));
    for (const value of LIST) sum += value;
    const [first, ...rest] = [...LIST].sort().reverse();
    const changed = [1, 2];
    changed.push(3);
    changed.unshift(0);
    changed.splice(1, 1);
    changed.pop();
    return (
      `${sum} ${first} ${rest} ${changed} ${changed.shift()}` === "12 3 2,1 0,2 0" &&
      LIST.map((value) => value * 2)
        .filter((value) => value > 2)
        .concat(
          LIST.slice(2),
          [[4]].flat(),
          LIST.flatMap((value) => [value]),
        )
        .join() === "6,4,2,4,3,1,2" &&
      LIST.some((value) => value === 1) &&
      LIST.every(Number) &&
      LIST.includes(2) &&
      LIST.find((value) => value < 3) === 1 &&
      LIST.findLast((value) => value < 3) === 2 &&
      LIST.findIndex((value) => value === 2) === 2 &&
      LIST.indexOf(2) === 2 &&
      LIST.at(-1) === 2 &&
      LIST.reduce((all, value) => all + value, 0) === 6 &&
      [...LIST.entries()].length === 3 &&
      Array.isArray(Array.from([1]))
    );
  },
};

/** And of a window's, be it the page's or the frame's. @type {Record<string, () => unknown>} */
const NEEDED_TO_SHOW = {
  "Element.prototype": () => {
    const place = new DocumentFragment(); // what has no parent element, as within a shadow root
    const el = document.createElement("i");
    place.append("a", el);
    el.replaceChildren("b");
    el.append(document.createElement("b"), "c");
    el.lastElementChild?.remove();
    const found = [el.textContent, el.matches("i"), el.toggleAttribute("hidden"), el.closest("[hidden]") === el];
    el.remove();
    return found + (place.textContent ?? "") === "bc,true,true,truea";
  },
  matchMedia: () => typeof globalThis.matchMedia("all").addEventListener === "function",
  requestAnimationFrame: () => typeof globalThis.requestAnimationFrame === "function",
  ResizeObserver: () => typeof globalThis.ResizeObserver === "function",
};

/** The first that does not work, "" where all do. @param {Record<string, () => unknown>} [needed] */
export function missing(needed = NEEDED) {
  for (const name in needed) {
    if (!Object.prototype.hasOwnProperty.call(needed, name)) continue;
    try {
      if (needed[name]()) continue;
    } catch {
      // It is not there, or throws.
    }
    return name;
  }
  return "";
}

const found = missing() || (globalThis.document && missing(NEEDED_TO_SHOW));
if (found) throw new Error(`this page has removed or replaced ${found} in a way that the chat cannot work with.`);
