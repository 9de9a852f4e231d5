// The start page: where others see me, my team, and the building.

import { Card } from "./card.js";
import { Live } from "./live.js";
import { byId, element, inLanguage, language, page, setText, syncRows, t } from "./page.js";
import { beside, floorName, source, sureness, whereabouts } from "./say.js";
import { showStatus } from "./status.js";
import { showCounts } from "./tower.js";

const people = new Map();
let me = null;
const card = new Card({ host: byId("card"), screen: "home" });
const zoneName = (code) => page.zones[code] || code;

// Whoever says where they are stands with those whose place is known.
const isKnown = (person) => person.status !== null || (person.state !== "away" && person.state !== "hidden");
const ORDER = { present: 0, passing: 0, floor: 1, silent: 2, building: 3, hidden: 4, away: 5 };

function showMine() {
  const line = byId("mine");
  if (!page.me) {
    setText(line, t("My place is not known at the moment."));
    return;
  }
  if (!me || (me.state === "away" && me.source !== "status")) setText(line, t("My place is not known at the moment."));
  else setText(line, whereabouts(me, zoneName));
  setText(byId("mine-source"), me && me.source !== "status" ? [sureness(me), source(me)].filter(Boolean).join(" · ") : "");
  byId("not-there").hidden = !me || me.floor === null;
}

function showTeam() {
  const team = [...people.values()].sort((a, b) => ORDER[a.state] - ORDER[b.state] || a.at - b.at);
  const known = team.filter(isKnown);
  const rest = team.filter((one) => !isKnown(one));
  syncRows(byId("team"), known, (one) => one.id, makeRow, updateRow);
  syncRows(byId("team-rest"), rest, (one) => one.id, makeRow, updateRow);
  const unknown = byId("team-unknown");
  unknown.hidden = rest.length === 0;
  setText(unknown.querySelector("summary"), t("%(n)s more without a place", { n: rest.length }));
  const empty = byId("team-empty");
  empty.hidden = known.length > 0;
  setText(empty, t("Nobody of my team is known to be here."));
}

function makeRow(person) {
  const button = element(
    "button",
    { type: "button", class: "people__person", onclick: (event) => card.open(person.id, event.currentTarget) },
    element("span", { class: "people__who" }, element("span", { class: "people__name" }), element("span", { class: "people__unit" })),
    element(
      "span",
      { class: "people__where" },
      element("span", { class: "people__place" }),
      element("span", { class: "people__status" }),
      element("span", { class: "people__age" }),
    ),
  );
  return element("li", {}, button);
}

function updateRow(row, person) {
  setText(row.querySelector(".people__name"), person.name);
  setText(row.querySelector(".people__unit"), person.title);
  setText(row.querySelector(".people__place"), whereabouts(person, zoneName));
  setText(row.querySelector(".people__status"), beside(person));
  setText(row.querySelector(".people__age"), [sureness(person), source(person)].filter(Boolean).join(" · "));
}

function showFloors(floors) {
  const list = document.querySelector("#tower ol");
  if (!list.children.length)
    list.append(
      ...floors.map((floor) =>
        element(
          "li",
          {},
          element(
            "a",
            { href: `/floors/${floor.code}`, "data-floor": floor.code },
            element("span", {}, floorName(floor.code)),
            element("span", { class: "tower__name" }, inLanguage(floor.name, floor.name_en)),
            element("span", { class: "tower__bar", "aria-hidden": "true" }, element("span")),
            element("span", { class: "tower__count" }),
          ),
        ),
      ),
    );
}

function showTotal(count) {
  const total = byId("total");
  total.classList.remove("skeleton");
  setText(total, t("%(n)s in the building", { n: count.toLocaleString(language) }));
}

const plain = (part) => part.innerHTML.replace(/name="csrf_token" value="[^"]*"/g, "").trim(); // the token is another one each time
const sameAs = (button) => (button.form ? [button.form.action, button.textContent] : [button.href]).join(" ");
let isSeatRead = false;
let isSeatDue = false;

/** My seat as it is now: booked, moved or given back elsewhere, or the time for it has come. */
async function readSeat() {
  const host = byId("my-seat");
  if (!host) return;
  isSeatDue = isSeatRead;
  if (isSeatRead) return;
  isSeatRead = true;
  const answer = await fetch("/seats/card", { headers: { Accept: "text/html" } }).catch(() => null);
  const html = answer?.ok && !answer.redirected ? await answer.text().catch(() => null) : null;
  isSeatRead = false;
  if (isSeatDue) readSeat();
  if (html === null) return; // it stays as it was, as the line at the top says
  const now = new DOMParser().parseFromString(html, "text/html").body;
  if (plain(now) === plain(host)) return;
  const had = host.contains(document.activeElement) ? sameAs(document.activeElement) : null;
  host.replaceChildren(...now.childNodes);
  if (had) ([...host.querySelectorAll("button, a")].find((one) => sameAs(one) === had) ?? byId("seat-title")).focus({ preventScroll: true });
  setText(byId("my-seat-news"), [byId("seat-title").textContent, host.querySelector(".booking, .empty")?.innerText.replace(/\s+/g, " ")].join(": "));
}

const live = new Live({
  snapshotUrl: "/api/v1/team",
  streamUrl: "/api/v1/stream",
  onSnapshot(snapshot) {
    me = snapshot.me;
    people.clear();
    snapshot.people.forEach((person, at) => people.set(person.id, { ...person, at }));
    showMine();
    showTeam();
  },
  onPerson(person) {
    if (person.me) me = person;
    else people.set(person.id, { ...person, at: people.get(person.id)?.at ?? people.size });
    showMine();
    showTeam();
  },
  onCounts(counts) {
    showCounts(byId("tower"), counts.floors);
    showTotal(counts.building);
  },
  onHeard(heard) {
    for (const [id, heard_at] of Object.entries(heard)) {
      const person = me && String(me.id) === id ? me : people.get(Number(id));
      if (person) person.heard_at = heard_at;
    }
  },
  onSeats: readSeat,
  onStatus: (status) => showStatus(byId("live"), status, null),
});

const answer = await fetch("/api/v1/floors", { headers: { Accept: "application/json" } });
if (answer.ok) {
  const { floors, count } = await answer.json();
  showFloors(floors);
  showCounts(byId("tower"), Object.fromEntries(floors.map((floor) => [floor.code, floor.count])));
  showTotal(count);
}
live.start();
setInterval(() => (showMine(), showTeam()), 5_000);
