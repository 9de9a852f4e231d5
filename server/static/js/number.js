// A section's number: who can answer it now, asked again every quarter of a minute while somebody looks; of another
// section for as long as one look-up lasts.

import { setText, syncRows } from "./dom.js";

const EVERY_MS = 15_000;
const section = document.getElementById("answering");
const live = document.getElementById("answering-live");
const pause = document.getElementById("answering-pause");
const row = section.querySelector("template");
const clock = new Intl.DateTimeFormat(document.documentElement.lang === "en" ? "en-GB" : "ja-JP", {
  hour: "numeric",
  minute: "2-digit",
  second: "2-digit",
  timeZone: section.dataset.timezone,
});
let asOf = Date.parse(live.querySelector("time").dateTime);
const loadedAt = Date.now();
const keptMs = Number(section.dataset.keptS ?? Infinity) * 1000;
let paused = false;
let over = false;
let asking = false;

async function refresh() {
  if (asking || paused || over || document.visibilityState !== "visible") return;
  if (Date.now() - loadedAt >= keptMs) return end();
  asking = true;
  try {
    const answer = await fetch(section.dataset.source, { headers: { Accept: "application/json" } });
    if (answer.status === 429) return end();
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.json());
    say("live");
  } catch {
    say("old");
  } finally {
    asking = false;
  }
}

function end() {
  over = true;
  pause.hidden = true;
  say("over");
}

function show({ as_of, sensors_down, groups }) {
  asOf = Date.parse(as_of);
  document.getElementById("answering-sensors").hidden = !sensors_down;
  for (const { reach, people } of groups) {
    const group = section.querySelector(`[data-reach="${reach}"]`);
    group.hidden = people.length === 0;
    setText(group.querySelector(".answering__n"), String(people.length));
    syncRows(group.querySelector("ul"), people, (person) => person.person_id, make, update);
  }
  document.getElementById("answering-nobody").hidden = groups.some(({ people }) => people.length > 0);
}

const make = () => row.content.firstElementChild.cloneNode(true);

function update(line, { name, number, old }) {
  setText(line.querySelector(".answering__name"), name);
  line.querySelector(".answering__old").hidden = !old;
  const link = line.querySelector("a");
  link.hidden = number === null;
  if (number === null || link.textContent === number) return;
  setText(link, number);
  link.href = `tel:${number}`;
  link.setAttribute("aria-label", live.dataset.call.replace("%(name)s", name).replace("%(number)s", number));
}

function say(state) {
  live.className = `live${state === "live" ? "" : state !== "paused" ? " live--stale" : " live--paused"}`;
  setText(live.querySelector("time"), live.dataset[state].replace("%(time)s", clock.format(asOf)));
}

pause.hidden = false;
pause.addEventListener("click", () => {
  paused = !paused;
  pause.setAttribute("aria-pressed", String(paused));
  if (paused) say("paused");
  else refresh();
});
say("live");
setInterval(refresh, EVERY_MS);
document.addEventListener("visibilitychange", refresh);
