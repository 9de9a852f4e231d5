// The plan under Leaflet: zones tinted by load, people in their zone's own rows, never at an invented spot.

import { element, inLanguage, setText, t } from "./page.js";
import { age, beside, place, source, sureness, unit } from "./say.js";

const GAP = 4;
const HEAD = 28;
const SMALL = 600; // CSS pixels
// How a person may be drawn, richest first: width and height in CSS pixels.
const STYLES = [
  { name: "full", w: 120, h: 38 },
  { name: "name", w: 76, h: 36 },
  { name: "initial", w: 26, h: 26 },
  { name: "dot", w: 10, h: 10 },
];
const GLIDE_MS = 400;
const STEPS = [0.01, 0.34, 0.67, 0.9]; // of capacity: where the tint grows deeper

/** How full a zone is: 0 empty to 4 full. */
export function load(count, capacity) {
  if (!count) return 0;
  const used = capacity ? count / capacity : Math.min(1, count / 10);
  return STEPS.filter((step) => used >= step).length;
}

/** The richest style in which all fit, or the poorest with as many as fit: {style, shown}. */
export function arrangement(count, width, height) {
  for (const style of STYLES) {
    const columns = Math.floor((width - 6 + GAP) / (style.w + GAP));
    const rows = Math.floor((height - 6 + GAP) / (style.h + GAP));
    const room = Math.max(0, columns) * Math.max(0, rows);
    if (room >= count) return { style, shown: count };
    if (style.name === "dot") return { style, shown: Math.max(0, room - 4) }; // room for "+7"
  }
  return { style: STYLES.at(-1), shown: 0 };
}

/** Who gives way when not all fit: the person looked for, me, my team, the others. */
const rank = (person, found) => (person.id === found ? 0 : person.me ? 1 : person.own ? 2 : 3);

export class FloorMap {
  /** onPerson(id, button), onZone(code) */
  constructor(host, { onPerson, onZone }) {
    this.host = host;
    this.onPerson = onPerson;
    this.onZone = onZone;
    this.zones = new Map(); // code → {zone, shape, marker, box, head, people}
    this.chips = new Map(); // person id → element
    this.found = null;
    this.seatCounts = null; // zone code → {free, total} while seats are shown in place of people
    this.map = L.map(host, {
      crs: L.CRS.Simple,
      zoomSnap: 0.25,
      zoomControl: false,
      attributionControl: false,
      zoomAnimation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    });
    L.control.zoom({ position: "bottomright", zoomInTitle: t("Zoom in"), zoomOutTitle: t("Zoom out") }).addTo(this.map);
    this.map.on("zoomend resize", () => this.layOut());
    new ResizeObserver(() => this.resized()).observe(host);
  }

  at = ([x, y]) => L.latLng(-y, x);

  /** Draw the floor of a snapshot; a floor already drawn is drawn anew only when it has changed. */
  setFloor(floor, zones) {
    const drawing = JSON.stringify([floor, zones.map(({ count, ...rest }) => rest)]);
    if (drawing === this.drawing) return;
    const first = this.drawing === undefined;
    this.drawing = drawing;
    this.floor = floor;
    this.overlay?.remove();
    for (const { shape, marker } of this.zones.values()) (shape.remove(), marker.remove());
    this.zones.clear();
    this.chips.clear();
    this.bounds = L.latLngBounds([-floor.height_m, 0], [0, floor.width_m]);
    if (floor.plan) {
      const { url, x_m, y_m, width_m, height_m } = floor.plan;
      this.overlay = L.imageOverlay(url, [[-y_m - height_m, x_m], [-y_m, x_m + width_m]], { alt: "" }).addTo(this.map);
      this.bounds.extend(this.overlay.getBounds());
    }
    if (first) this.fit();
    for (const zone of zones) this.addZone(zone);
    this.layOut();
  }

  fit() {
    this.map.setMinZoom(-10);
    const below = this.host.clientWidth < SMALL ? (this.seatCounts ? 64 : 44) : this.seatCounts ? 30 : 8; // on a small plan the zoom buttons would hide a zone's people
    const above = this.seatCounts ? 30 : 8; // the names of zones stand outside of them while seats are shown
    const snap = this.map.options.zoomSnap;
    if (this.seatCounts) this.map.options.zoomSnap = 0; // every pixel counts where seats are to be pressed
    this.map.fitBounds(this.bounds, { animate: false, paddingTopLeft: [8, above], paddingBottomRight: [8, below] });
    this.map.options.zoomSnap = snap;
    this.map.setMinZoom(this.map.getZoom() - 0.25);
    this.map.setMaxZoom(Math.log2(90));
    this.map.setMaxBounds(this.bounds.pad(0.25));
    this.fitted = this.map.getZoom();
  }

  resized() {
    if (!this.bounds) return;
    const wasFitted = this.map.getZoom() === this.fitted;
    this.map.invalidateSize({ animate: false });
    if (wasFitted) this.fit();
    this.layOut();
  }

  addZone(zone) {
    const corners = zone.polygon.map(this.at);
    const shape = L.polygon(corners, { className: "zone-shape", interactive: false }).addTo(this.map);
    const head = element(
      "button",
      { type: "button", class: "zone__head", onclick: () => this.onZone(zone.code) },
      element("span", { class: "zone__name" }),
      element("span", { class: "zone__count" }),
    );
    const people = element("div", { class: "zone__people" });
    const box = element("div", { class: "zone" }, head, people);
    const bounds = shape.getBounds();
    const icon = L.divIcon({ html: box, className: "zone-anchor", iconSize: [0, 0], iconAnchor: [0, 0] });
    const marker = L.marker([bounds.getNorth(), bounds.getWest()], { icon, interactive: false, keyboard: false }).addTo(this.map);
    this.zones.set(zone.code, { zone, shape, marker, bounds, box, head, people, members: [], count: zone.count });
  }

  /** Place these people (a list sorted by reading) and numbers. */
  setPeople(people, counts) {
    const members = new Map([...this.zones.keys()].map((code) => [code, []]));
    labels.clear();
    const twice = namesakes(people);
    for (const person of people) if (twice.has(person.family)) labels.set(person.id, person.name);
    for (const person of people) members.get(person.zone)?.push(person);
    for (const [code, entry] of this.zones) {
      entry.members = members.get(code);
      entry.count = counts[code] ?? entry.members.length;
    }
    this.layOut();
  }

  /** Show the free seats of zones, a Map of code → {free, total}, in place of their people; null: people again. */
  setSeatCounts(counts) {
    const isOther = Boolean(counts) !== Boolean(this.seatCounts);
    this.seatCounts = counts;
    if (isOther && this.bounds && this.map.getZoom() === this.fitted) this.fit();
    this.layOut();
  }

  setFound(personId) {
    this.found = personId;
    this.layOut();
  }

  zoomTo(code) {
    const entry = this.zones.get(code);
    if (entry) this.map.flyToBounds(entry.bounds, { padding: [24, 24], maxZoom: Math.log2(60), duration: 0.4 });
  }

  /** The zone as large as it goes, then the person's chip in the middle of what `cover` leaves free. */
  centreOn(personId, code, cover) {
    if (!this.zones.has(code)) return;
    this.map.once("moveend", () => {
      this.layOut();
      const chip = this.chips.get(personId);
      if (!chip) return;
      const [host, is, over] = [this.host, chip, cover].map((one) => one.getBoundingClientRect());
      const isBeside = !cover.hidden && over.left > host.left + host.width / 4 && over.top < host.bottom;
      const x = (host.left + (isBeside ? over.left : host.right)) / 2;
      this.map.panBy([is.x + is.width / 2 - x, is.y + is.height / 2 - (host.top + host.bottom) / 2]);
    });
    this.zoomTo(code);
  }

  /** Centre and mark the place that the page's address asks for: {zone, seat, at}. */
  setAsked({ zone, seat, at }) {
    this.asked = zone;
    if (at) {
      const pin = element("div", { class: "seat-pin" }, element("span", {}, seat));
      const icon = L.divIcon({ html: pin, className: "zone-anchor", iconSize: [0, 0], iconAnchor: [0, 0] });
      L.marker(this.at(at), { icon, interactive: false, keyboard: false, zIndexOffset: 1000 }).addTo(this.map);
    }
    this.zoomTo(zone);
    this.layOut();
  }

  centreOf(code) {
    const entry = this.zones.get(code);
    if (!entry) return null;
    const { lat, lng } = entry.bounds.getCenter();
    return [lng, -lat];
  }

  /** A line from the lift to the zone of the person looked for. */
  setWay(portal, code) {
    this.way?.remove();
    this.way = null;
    const centre = code && this.centreOf(code);
    if (portal && centre)
      this.way = L.polyline([this.at(portal), this.at(centre)], { className: "path-true", interactive: false }).addTo(this.map);
  }

  layOut() {
    if (!this.bounds) return;
    const before = this.positions();
    const scale = 2 ** this.map.getZoom();
    const kept = new Set();
    for (const entry of this.zones.values()) this.layOutZone(entry, scale, kept);
    for (const [id, chip] of this.chips) {
      if (kept.has(id)) continue;
      chip.remove();
      this.chips.delete(id);
    }
    this.glide(before);
  }

  layOutZone(entry, scale, kept) {
    const { zone, shape, bounds, box, head, people } = entry;
    const seats = this.seatCounts && (this.seatCounts.get(zone.code) ?? { free: 0, total: 0 });
    const members = seats ? [] : entry.members;
    const count = seats ? seats.total - seats.free : entry.count;
    const capacity = seats ? seats.total : zone.capacity;
    const width = (bounds.getEast() - bounds.getWest()) * scale;
    const height = (bounds.getNorth() - bounds.getSouth()) * scale;
    box.style.width = `${width}px`;
    const name = inLanguage(zone.name, zone.name_en) || zone.code;
    const closed = zone.excluded;
    const said = width < 130 ? zone.code : name;
    setText(head.firstChild, said);
    const short = seats ? (seats.total ? t("%(free)s/%(total)s free", seats) : "") : zone.capacity ? `${count}/${zone.capacity}` : String(count);
    head.lastChild.dataset.drawn = closed ? "" : short;
    const isLowest = bounds.getSouth() < this.bounds.getSouth() + 1;
    head.style.transform = !seats ? "" : isLowest ? `translateY(${height + 2}px)` : "translateY(calc(-100% - 2px))"; // out of the seats' way
    head.firstChild.hidden = width < (seats ? 120 : 92) && !closed;
    head.hidden = width < 30 || (closed && width < 70);
    const sentence = seats && seats.total ? t("%(name)s: %(free)s of %(total)s seats free", { name, ...seats }) : spoken(zone, name, entry.count);
    head.setAttribute("aria-label", said === name ? sentence : `${said} ${sentence}`);
    head.title = sentence;
    const own = zone.own ? " zone-shape--own" : "";
    const found = zone.code === this.asked || members.some((person) => person.id === this.found) ? " zone-shape--found" : "";
    shape.getElement()?.setAttribute(
      "class",
      `zone-shape ${closed ? "zone-shape--closed" : `zone-shape--${load(count, capacity)}`}${own}${found}`,
    );
    const { style, shown } = arrangement(members.length, width, height - HEAD);
    let drawn = members;
    if (shown < members.length) {
      const first = [...members].sort((a, b) => rank(a, this.found) - rank(b, this.found)).slice(0, shown);
      const ids = new Set(first.map((person) => person.id));
      drawn = members.filter((person) => ids.has(person.id));
    }
    const wanted = drawn.map((person) => {
      kept.add(person.id);
      return this.chip(person, style.name, name);
    });
    if (shown < members.length) wanted.push(this.more(entry, members.length - shown, name));
    else entry.moreButton = null;
    if (wanted.length !== people.childElementCount || wanted.some((one, i) => people.children[i] !== one)) replaceQuietly(people, wanted);
  }

  chip(person, style, zoneName) {
    const isDot = style === "dot";
    let chip = this.chips.get(person.id);
    if (!chip || (chip.tagName === "BUTTON") === isDot) {
      chip?.remove();
      chip = isDot
        ? element("span", { "aria-hidden": "true" })
        : element(
            "button",
            { type: "button", onclick: (event) => this.onPerson(person.id, event.currentTarget) },
            element("span", { class: "chip__name" }),
            element("span", { class: "chip__age" }),
          );
      this.chips.set(person.id, chip);
    }
    dress(chip, person, style, zoneName, this.found);
    return chip;
  }

  more(entry, count, name) {
    entry.moreButton ??= element("button", { type: "button", class: "more", onclick: () => this.onZone(entry.zone.code) });
    entry.moreButton.dataset.drawn = `+${count}`;
    entry.moreButton.setAttribute("aria-label", t("%(n)s more in %(zone)s", { n: count, zone: name }));
    return entry.moreButton;
  }

  positions() {
    const found = new Map();
    for (const [id, chip] of this.chips) if (chip.isConnected) found.set(id, [chip.parentElement, chip.getBoundingClientRect()]);
    return found;
  }

  /** Somebody who has moved glides from the old zone's row to the new one's. */
  glide(before) {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    for (const [id, [parent, was]] of before) {
      const chip = this.chips.get(id);
      if (!chip?.isConnected || chip.parentElement === parent) continue;
      const is = chip.getBoundingClientRect();
      chip.animate([{ transform: `translate(${was.x - is.x}px, ${was.y - is.y}px)` }, { transform: "none" }], {
        duration: GLIDE_MS,
        easing: "ease-in-out",
      });
    }
  }
}

const labels = new Map(); // person id → the whole name of those who share their family name

function namesakes(people) {
  const seen = new Set();
  const twice = new Set();
  for (const { family } of people) (seen.has(family) ? twice : seen).add(family);
  return twice;
}

/**
 * Give a chip (or dot) the look and the words of a person. Its text is the beginning of its spoken name, for those who
 * say what they want to press (WCAG 2.2, 2.5.3); marks and ages are drawn by the stylesheet out of data-drawn.
 */
export function dress(chip, person, style, zoneName, found) {
  const isDot = style === "dot";
  const kind = isDot ? "dot" : "chip";
  const classes = [kind];
  if (!isDot && style !== "initial") classes.push(`chip--${style}`);
  if (person.own) classes.push(`${kind}--own`);
  if (person.me) classes.push(`${kind}--me`);
  if (person.state === "silent") classes.push(`${kind}--silent`);
  else if (person.sure === "probably" || person.state === "passing") classes.push(`${kind}--unsure`);
  if (person.id === found) classes.push("chip--found");
  const look = classes.join(" ");
  if (chip.className !== look) chip.className = look;
  if (isDot) return;
  const [name, when] = chip.children;
  setText(name, style === "initial" ? initial(person) : (labels.get(person.id) ?? person.family));
  name.dataset.drawn = mark(person);
  when.hidden = style === "initial" || person.heard_at === null;
  when.dataset.drawn = when.hidden ? "" : style === "full" ? source(person) : age(person.heard_at);
  const where = place(person, () => zoneName, { withFloor: false });
  const said = [person.name, unit(person), where, beside(person), sureness(person), source(person)].filter(Boolean).join(", ");
  if (chip.dataset.said !== said) {
    chip.dataset.said = said;
    chip.setAttribute("aria-label", said);
    chip.title = said;
  }
}

const initial = (person) => [...(person.family || person.name)][0] ?? "";
const mark = (person) => (person.me ? "★" : person.state === "passing" ? "→" : "");

function spoken(zone, name, count) {
  if (zone.excluded) return t("%(name)s: nothing is recorded here", { name });
  if (zone.capacity) return t("%(name)s: %(n)s here, room for %(capacity)s", { name, n: count, capacity: zone.capacity });
  return t("%(name)s: %(n)s here", { name, n: count });
}

/** New children in order, without taking the focus from one that stays. */
function replaceQuietly(parent, wanted) {
  const focused = document.activeElement;
  const keep = focused && parent.contains(focused) && wanted.includes(focused) ? focused : null;
  parent.replaceChildren(...wanted);
  keep?.focus({ preventScroll: true });
}

