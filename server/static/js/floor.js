// The floor: one state, shown as a map, as lists beside it, and as tables.

import { Card } from "./card.js";
import { Live } from "./live.js";
import { FloorMap, dress } from "./map.js";
import { byId, element, inLanguage, page, setText, syncRows, t } from "./page.js";
import { Replay } from "./replay.js";
import { Seats } from "./seats.js";
import { beside, floorName, source, sureness, unit, whereabouts } from "./say.js";
import { onKey } from "./shortcut.js";
import { showStatus } from "./status.js";
import { showCounts } from "./tower.js";

const state = { floor: null, zones: [], counts: {}, count: 0, people: new Map() };
const order = new Map(); // person id → place in the order of readings
const zoneByCode = new Map();
let filter = "";

const map = new FloorMap(byId("map"), { onPerson: (id, button) => card.open(id, button), onZone: (code) => map.zoomTo(code) });
const replay = new Replay(map);
const card = new Card({
  host: byId("card"),
  screen: "map",
  zoneCentre: (code) => map.centreOf(code),
  isOverMap: () => byId("listing").hidden,
  onCentre: (person) => centre(person),
  onShow(person, portal) {
    map.setFound(person.id);
    map.setWay(person.me ? null : portal, person.floor === page.floor ? person.zone : null);
  },
  onClose() {
    map.setFound(null);
    map.setWay(null, null);
  },
});

const seats = new Seats({ map, zoneName: (code) => zoneName(code), onCounts: (counts) => map.setSeatCounts(counts) });

const zoneName = (code) => {
  const zone = zoneByCode.get(code);
  return zone ? inLanguage(zone.name, zone.name_en) || zone.code : code;
};
const sorted = () => [...state.people.values()].sort((a, b) => (order.get(a.id) ?? 1e9) - (order.get(b.id) ?? 1e9) || a.kana.localeCompare(b.kana, "ja"));

let due = false;
/** Redraw once, however much has arrived. */
function redraw() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    draw();
  });
}

function draw() {
  if (!state.floor) return;
  const people = sorted();
  map.setPeople(people, state.counts);
  showSummary();
  showZones();
  showPeople(people);
  showSomewhere(people.filter((person) => person.zone === null));
  if (!byId("listing").hidden) showTables(people);
}

function showSummary() {
  const summary = byId("summary");
  summary.classList.remove("skeleton");
  const capacity = state.zones.reduce((sum, zone) => sum + (zone.excluded ? 0 : zone.capacity), 0);
  const text = state.floor.excluded
    ? t("Nothing is recorded here")
    : capacity
      ? t("%(n)s here, room for %(capacity)s", { n: state.count, capacity })
      : t("%(n)s here", { n: state.count });
  setText(summary, text);
}

function showZones() {
  const zones = state.zones.filter((zone) => !zone.excluded);
  const empty = byId("zones-empty");
  empty.hidden = zones.length > 0;
  setText(empty, t("Beacons are not used on this floor."));
  syncRows(byId("zones"), zones, (zone) => zone.code, makeZone, updateZone);
}

function makeZone(zone) {
  return element(
    "li",
    {},
    element(
      "button",
      { type: "button", class: "zones__zone", onclick: () => map.zoomTo(zone.code) },
      element("span", { class: "zones__name" }),
      element("span", { class: "zones__count" }),
      element("span", { class: "zones__units" }),
      zone.capacity ? element("span", { class: "zones__bar", "aria-hidden": "true" }, element("span")) : null,
    ),
  );
}

function updateZone(row, zone) {
  const count = state.counts[zone.code] ?? 0;
  setText(row.querySelector(".zones__name"), inLanguage(zone.name, zone.name_en) || zone.code);
  if (zone.code === page.asked?.zone) row.firstElementChild.setAttribute("aria-current", "true");
  setText(row.querySelector(".zones__count"), zone.capacity ? `${count} / ${zone.capacity}` : String(count));
  const units = inLanguage(zone.units, zone.units_en).join("・");
  setText(row.querySelector(".zones__units"), zone.counts_only ? t("people are counted here, not named") : units);
  const bar = row.querySelector(".zones__bar span");
  if (bar) bar.style.width = `${Math.min(100, (100 * count) / zone.capacity)}%`;
}

const matches = (person) =>
  !filter || [person.name, person.kana, person.unit, person.unit_en].some((text) => text?.normalize("NFKC").toLowerCase().includes(filter));

function showPeople(people) {
  const found = people.filter(matches);
  const empty = byId("people-empty");
  empty.hidden = found.length > 0;
  setText(empty, people.length ? t("Nobody matches.") : t("Nobody is shown on this floor."));
  syncRows(byId("people"), found, (person) => person.id, makePerson, updatePerson);
}

function makePerson(person) {
  return element(
    "li",
    {},
    element(
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
    ),
  );
}

function updatePerson(row, person) {
  setText(row.querySelector(".people__name"), person.name);
  setText(row.querySelector(".people__unit"), unit(person));
  setText(row.querySelector(".people__place"), where(person));
  setText(row.querySelector(".people__status"), beside(person));
  setText(row.querySelector(".people__age"), how(person));
}

const where = (person) => whereabouts(person, zoneName, { withFloor: false });
const how = (person) => [sureness(person), source(person)].filter(Boolean).join(" · ");

function showSomewhere(people) {
  const strip = byId("somewhere");
  strip.hidden = people.length === 0 || !byId("listing").hidden || seats.isOpen;
  if (strip.hidden) return;
  setText(byId("somewhere-title"), `${t("somewhere on %(floor)s", { floor: floorName(page.floor) })} (${people.length})`);
  const style = people.length > 24 ? "initial" : "name";
  syncRows(
    byId("somewhere-people"),
    people,
    (person) => person.id,
    (person) =>
      element(
        "button",
        { type: "button", onclick: (event) => card.open(person.id, event.currentTarget) },
        element("span", { class: "chip__name" }),
        element("span", { class: "chip__age" }),
      ),
    (chip, person) => dress(chip, person, style, "", map.found),
  );
}

const askedFor = () => (page.asked.seat ? t("seat %(seat)s", { seat: page.asked.seat }) : t("asked for"));

function showTables(people) {
  const cell = (text, number) => element("td", number ? { class: "number" } : {}, text);
  const fill = (row, texts) => texts.forEach((text, i) => setText(row.children[i], text));
  syncRows(
    document.querySelector("#zone-table tbody"),
    state.zones,
    (zone) => zone.code,
    () => element("tr", {}, element("th", { scope: "row" }), cell(""), cell("", true), cell("", true)),
    (row, zone) =>
      fill(row, [
        [zoneName(zone.code), zone.code === page.asked?.zone && askedFor()].filter(Boolean).join(" · "),
        zone.excluded ? t("Nothing is recorded here") : inLanguage(zone.units, zone.units_en).join("・"),
        zone.excluded ? "" : String(state.counts[zone.code] ?? 0),
        zone.capacity ? String(zone.capacity) : "",
      ]),
  );
  syncRows(
    document.querySelector("#people-table tbody"),
    people.filter(matches),
    (person) => person.id,
    (person) =>
      element(
        "tr",
        {},
        element(
          "th",
          { scope: "row" },
          element("button", { type: "button", class: "button button--text button--small", onclick: (event) => card.open(person.id, event.currentTarget) }, person.name),
        ),
        cell(""), cell(""), cell(""), cell(""),
      ),
    (row, person) => [person.kana, unit(person), [where(person), beside(person)].filter(Boolean).join(" · "), how(person)].forEach((text, i) => setText(row.children[i + 1], text)),
  );
}

/** The person in the middle of what is left of the map beside the card; who is only somewhere on the floor, in sight. */
function centre(person) {
  if (person.floor !== page.floor) return;
  showView(false);
  map.centreOn(person.id, person.zone, byId("card"));
  const chip = byId("somewhere-people").querySelector(`[data-key="${person.id}"]`);
  (chip ?? byId("map")).scrollIntoView({ block: "nearest" });
}

/** Map or tables; the same content, one key away. */
function showView(table) {
  card.screen = table ? "list" : "map";
  byId("listing").hidden = !table;
  byId("map").hidden = table;
  byId("show-map").setAttribute("aria-pressed", String(!table));
  byId("show-table").setAttribute("aria-pressed", String(table));
  if (!table) map.resized();
  draw();
  seats.draw();
}

/** People or seats, on the plan as in the list. */
function showSeats(wanted) {
  for (const part of document.querySelectorAll(".for-seats")) part.hidden = !wanted;
  for (const part of document.querySelectorAll(".for-people")) part.hidden = wanted;
  byId("seat-list").hidden = !wanted;
  byId("show-seats").setAttribute("aria-pressed", String(wanted));
  byId("show-people").setAttribute("aria-pressed", String(!wanted));
  card.close();
  if (wanted) seats.open();
  else seats.close();
  const address = new URL(location.href);
  if (wanted) address.searchParams.set("show", "seats");
  else for (const name of ["show", "day", "seat", "move"]) address.searchParams.delete(name);
  history.replaceState(null, "", address);
  draw();
}

const live = new Live({
  snapshotUrl: `/api/v1/floors/${encodeURIComponent(page.floor)}`,
  streamUrl: `/api/v1/stream?floor=${encodeURIComponent(page.floor)}`,
  onSnapshot(snapshot) {
    state.floor = snapshot.floor;
    state.zones = snapshot.zones;
    state.count = snapshot.count;
    state.counts = Object.fromEntries(snapshot.zones.map((zone) => [zone.code, zone.count]));
    zoneByCode.clear();
    for (const zone of snapshot.zones) zoneByCode.set(zone.code, zone);
    state.people = new Map(snapshot.people.map((person) => [person.id, person]));
    order.clear();
    snapshot.people.forEach((person, at) => order.set(person.id, at));
    byId("no-plan").hidden = snapshot.floor.plan !== null;
    map.setFloor(snapshot.floor, snapshot.zones);
    replay.set(snapshot.path);
    redraw();
    seats.draw(); // its zones have names now
    if (page.asked?.zone && !map.asked) map.setAsked(page.asked);
    if (page.person) {
      const id = page.person;
      page.person = null;
      card.open(id).then(() => card.person && centre(card.person));
    }
  },
  onPerson(person) {
    if (person.gone || person.floor !== page.floor) state.people.delete(person.id);
    else state.people.set(person.id, person);
    if (card.person?.id === person.id && !person.gone) card.person = person;
    redraw();
  },
  onCounts(counts) {
    if (counts.floor === page.floor) {
      state.counts = counts.zones;
      state.count = counts.count;
    }
    showCounts(byId("tower"), counts.floors);
    redraw();
  },
  onHeard(heard) {
    for (const [id, heard_at] of Object.entries(heard)) {
      const person = state.people.get(Number(id));
      if (person) person.heard_at = heard_at;
    }
    redraw();
  },
  onSeats: () => seats.changed(),
  onStatus: (status) => showStatus(byId("live"), status, page.floor),
});

byId("show-people").addEventListener("click", () => showSeats(false));
byId("show-seats").addEventListener("click", () => showSeats(true));
byId("show-map").addEventListener("click", () => showView(false));
byId("show-table").addEventListener("click", () => showView(true));
onKey("t", () => showView(byId("listing").hidden));
byId("filter").addEventListener("input", (event) => {
  if (event.isComposing) return;
  filter = event.target.value.normalize("NFKC").trim().toLowerCase();
  redraw();
});
byId("filter").addEventListener("compositionend", (event) => {
  filter = event.target.value.normalize("NFKC").trim().toLowerCase();
  redraw();
});
byId("pause").addEventListener("click", (event) => {
  const paused = event.currentTarget.getAttribute("aria-pressed") !== "true";
  event.currentTarget.setAttribute("aria-pressed", String(paused));
  setText(event.currentTarget, paused ? t("Resume updates") : t("Pause updates"));
  live.setPaused(paused);
  seats.setPaused(paused);
});
byId("choose-floor").addEventListener("click", (event) => {
  const open = byId("tower").classList.toggle("is-open");
  event.currentTarget.setAttribute("aria-expanded", String(open));
  if (open) byId("tower").querySelector("[aria-current]")?.focus();
});
byId("tower").addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    byId("tower").classList.remove("is-open");
    byId("choose-floor").setAttribute("aria-expanded", "false");
    byId("choose-floor").focus();
  }
});

if (page.seats.show) showSeats(true);
live.start();
setInterval(redraw, 5_000);
setInterval(() => seats.draw(), 60_000); // "from now on" moves with the clock
