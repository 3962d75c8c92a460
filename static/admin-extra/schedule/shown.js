// Which calendars the page shows, and whether side by side: the boxes above them.

/** `onChange()` is called when one of the boxes was clicked. */
export function createShown(calendars, onChange) {
  const boxes = [...document.querySelectorAll("[name=shown]")];
  const sideBySide = document.getElementById("side-by-side");
  const withCancelled = document.getElementById("with-cancelled");
  for (const box of [...boxes, sideBySide, withCancelled]) box?.addEventListener("change", onChange);

  const all = calendars.map((one) => String(one.id));
  const ids = () => (boxes.length ? boxes.filter((box) => box.checked).map((box) => box.value) : all);
  return {
    ids,
    /** The calendar of a new appointment, unless a column says which. */
    first: () => ids()[0] ?? all[0],
    isSideBySide: () => Boolean(sideBySide?.checked),
    withCancelled: () => withCancelled.checked,
    /** As the library's columns. */
    resources() {
      const several = new Set(calendars.map((one) => one.zone)).size > 1;
      const title = (one) => (several ? `${one.name} (${one.zone})` : one.name);
      const wanted = new Set(ids());
      return calendars
        .filter((one) => wanted.has(String(one.id)))
        .map((one) => ({ id: String(one.id), title: title(one) }));
    },
  };
}
