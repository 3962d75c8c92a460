// Redrawing a part of a page while somebody is using it: elements that stay keep the keyboard, what is typed in them, what is
// selected in them and a press that has begun.

/** What `listen` has set, by element. */
const listeners = new WeakMap();

const FOCUSABLE = "a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, [tabindex]";

/** Sets a listener as a property, such as "onclick"; an element that is redrawn gets the newest one. */
export function listen(el, name, listener) {
  el[name] = listener;
  listeners.set(el, { ...listeners.get(el), [name]: listener });
}

/** Makes the children of `el` like those given, which are new elements or texts. A child stays and is changed where it has the same name and the
 * same `data-key` as the new one; without a key, children of one name are matched in their order. */
export function redraw(el, ...children) {
  const wanted = children.map((child) => (child instanceof Node ? child : new Text(child)));
  const before = [...el.childNodes];
  const focused = document.activeElement;
  const place = before.findIndex((child) => child.contains(focused));
  const match = matcher(before);
  const next = wanted.map((child) => match(child) ?? child);
  for (const child of before) if (!next.includes(child)) child.remove();
  putInOrder(el, next);
  wanted.forEach((child, index) => next[index] !== child && update(next[index], child));
  if (place >= 0 && document.activeElement === document.body) restoreFocus(el, focused, place);
}

/** Makes `el` like `next`, an element of the same name. What was typed and which details are open is left as it is. */
export function update(el, next) {
  if (el.nodeType !== Node.ELEMENT_NODE) {
    if (el.data !== next.data) el.data = next.data;
    return;
  }
  updateAttributes(el, next);
  for (const name of Object.keys(listeners.get(el) ?? {})) el[name] = null;
  listeners.delete(el);
  for (const [name, listener] of Object.entries(listeners.get(next) ?? {})) listen(el, name, listener);
  const { value } = next; // of a select: its options move to `el`
  redraw(el, ...next.childNodes);
  if (el.nodeName === "SELECT" && el.value !== value) el.value = value;
}

function updateAttributes(el, next) {
  for (const name of el.getAttributeNames())
    if (!next.hasAttribute(name) && !isReaders(el, name)) el.removeAttribute(name);
  for (const name of next.getAttributeNames()) {
    const value = next.getAttribute(name);
    if (el.getAttribute(name) !== value && !isReaders(el, name)) el.setAttribute(name, value);
  }
}

/** Whether an attribute says what the reader has done. */
const isReaders = (el, name) => el.nodeName === "DETAILS" && name === "open";

const nameOf = (node) => `${node.nodeName} ${node.dataset?.key ?? ""}`;

/** A function that finds the child to keep for a new one; it gives out each of them once. */
function matcher(before) {
  const byName = {};
  for (const child of before) (byName[nameOf(child)] ??= []).push(child);
  return (child) => byName[nameOf(child)]?.shift();
}

/** Moves only those that are not in their place: a child that is moved loses what the others keep. */
function putInOrder(el, children) {
  let at = el.firstChild;
  for (const child of children) {
    if (child === at) at = at.nextSibling;
    else el.insertBefore(child, at);
  }
}

/** Gives the keyboard back to what had it; where that is gone, to what now stands in its place. */
function restoreFocus(el, focused, place) {
  const near = el.children[Math.min(place, el.children.length - 1)];
  const target = el.contains(focused) ? focused : near?.matches(FOCUSABLE) ? near : near?.querySelector(FOCUSABLE);
  target?.focus({ preventScroll: true });
}
