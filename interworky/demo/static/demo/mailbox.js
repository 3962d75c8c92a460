// Shows new e-mails automatically: fetches the page again, and replaces the list if it has changed.
async function refresh() {
  if (document.hidden) return;
  const response = await fetch(location.href, { cache: "no-store" });
  if (!response.ok || response.redirected) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const [now, next] = [document, fresh].map((page) => page.querySelector("main"));
  if (now && next && now.textContent !== next.textContent) {
    now.replaceWith(next);
    document.title = fresh.title;
  }
}
setInterval(() => refresh().catch(() => {}), 3000); // the server may be restarting
