// The mark for call memos in every page's header, and the list of them where a page has one: kept current without
// a reload while somebody looks.

const EVERY_MS = 30_000;
const badge = document.getElementById("memo-badge");
const said = document.getElementById("memo-said");
let asking = false;
let allowed = true;

async function refresh() {
  if (asking || !allowed || document.visibilityState !== "visible") return;
  asking = true;
  try {
    const answer = await fetch("/api/v1/memos/count", { headers: { Accept: "application/json" } });
    allowed = answer.status !== 401 && answer.status !== 403; // signed out: the next page says so
    if (answer.ok) await show(await answer.json());
  } catch {
    // no network now; the next turn asks again
  } finally {
    asking = false;
  }
}

async function show({ open, urgent, newest }) {
  const was = { open: Number(badge.dataset.open), newest: Number(badge.dataset.newest) };
  const name = (urgent ? badge.dataset.urgent : badge.dataset.plain).replace("%(n)s", open).replace("%(urgent)s", urgent);
  badge.querySelector(".memo-badge__n").textContent = open;
  badge.setAttribute("aria-label", name);
  badge.classList.toggle("memo-badge--urgent", urgent > 0);
  badge.hidden = open === 0;
  if (newest > was.newest) said.textContent = name;
  if (open === was.open && newest === was.newest) return;
  if (await renewList()) Object.assign(badge.dataset, { open, newest });
}

/** Fetch the page's list again; false while somebody is in the middle of it. */
async function renewList() {
  const list = document.querySelector("[data-memos]");
  if (!list) return true;
  if (list.contains(document.activeElement)) return false;
  const answer = await fetch(list.dataset.memos, { headers: { Accept: "text/html" } });
  if (!answer.ok) return false;
  const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-memos]");
  if (found) list.replaceWith(document.adoptNode(found));
  return true;
}

setInterval(refresh, EVERY_MS);
window.addEventListener("focus", refresh);
document.addEventListener("visibilitychange", refresh);
