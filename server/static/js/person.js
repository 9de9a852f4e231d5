// Keeps "where now" on a person's page current, for as long as one opening of the page allows.

const now = document.getElementById("person-now");
const every_ms = Number(now.dataset.everyS) * 1000;
const opened = performance.now();
const for_ms = Number(now.dataset.forS) * 1000;

async function again() {
  if (document.hidden) return;
  const answer = await fetch(now.dataset.again, { headers: { Accept: "text/html" } }).catch(() => null);
  if (answer?.status === 401 || answer?.redirected) return location.reload();
  if (answer?.ok || answer?.status === 409) put(await answer.text());
  else say(now.dataset.away);
  if (answer?.status === 409 || performance.now() - opened > for_ms) clearInterval(timer);
}

/** Replace the part; what has the keyboard's focus keeps it. */
function put(html) {
  const link = now.contains(document.activeElement) ? "a" : null;
  now.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
  if (link) now.querySelector(link)?.focus();
}

function say(sentence) {
  let line = now.querySelector(".person-now__away");
  if (!line) {
    line = document.createElement("p");
    line.className = "notice notice--error person-now__away";
    now.append(line);
  }
  if (line.textContent !== sentence) line.textContent = sentence;
}

const timer = setInterval(again, every_ms);
document.addEventListener("visibilitychange", again);
