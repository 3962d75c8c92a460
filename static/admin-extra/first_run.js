// The pages of the first run: guesses the time zone, asks of a provider what its preset does not know, and waits for the site.

const EVERY_MS = 3000;

function guessZone() {
  const select = document.querySelector("select[data-guess-zone]");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (select && [...select.options].some((option) => option.value === zone)) select.value = zone;
}

function askForRest(chosen) {
  const select = document.querySelector("select[data-known]");
  if (!select) return;
  const known = JSON.parse(select.dataset.known)[select.value] ?? [];
  for (const name of ["base_url", "smart"]) {
    const input = document.getElementsByName(name)[0];
    const row = input.closest(".iw-field");
    row.hidden = known.includes(name) && !row.querySelector(".errorlist") && (chosen || !input.value);
    if (row.hidden) input.value = "";
  }
}

function sayBusy(event) {
  const button = event.submitter;
  if (!button?.dataset.busy) return;
  button.textContent = button.dataset.busy;
  button.setAttribute("aria-disabled", "true");
}

async function look(banner) {
  try {
    const answer = await fetch(banner.dataset.seen);
    if (!answer.ok) return;
    const { seen, refused } = await answer.json();
    if (seen) {
      const strong = Object.assign(document.createElement("b"), {
        className: "iw-strong",
        textContent: "Seen on your site ✓",
      });
      const icon = banner.querySelector(".material-symbols-outlined");
      icon.textContent = "check_circle";
      banner.querySelector("p").replaceChildren(strong, ` ${seen}`);
      return true;
    }
    const hint = document.querySelector("[data-refused]");
    hint.hidden = !refused.length;
    hint.querySelector("[data-origin]").textContent = refused[0] ?? "";
  } catch {
    // The server is away for a moment: the next look tells.
  }
}

async function waitForSite(banner) {
  if (!(await look(banner))) setTimeout(waitForSite, EVERY_MS, banner);
}

document.addEventListener("DOMContentLoaded", () => {
  guessZone();
  askForRest(false);
  document.querySelector("select[data-known]")?.addEventListener("change", () => askForRest(true));
  document.querySelector("[data-first-run]")?.addEventListener("submit", sayBusy);
  const banner = document.querySelector("[data-seen]");
  if (banner) waitForSite(banner);
});
