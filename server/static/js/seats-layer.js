// Seats on the plan: buttons where they stand, in reading order; small marks when the plan is seen from afar.

import { element, setText } from "./page.js";

const NEAR_PX = 17; // least distance between two seats from which they are buttons, drawn a hair apart
const TARGET_PX = 24; // between the middles of two buttons (WCAG 2.2, 2.5.8)
const SMALLEST_PX = 20;
const LARGEST_PX = 52;
const LABELLED_PX = 34;
const NAMED_PX = 46;
const LARGER = { room: 1.9, booth: 1.6 }; // than a seat

export class SeatLayer {
  /**
   * map       a FloorMap
   * onChoose(seat)
   * onDistance(isNear)  whether seats can be pressed has become another
   * describe(seat)  {state, label, name, dim, isProblem} as it is shown now: its state, its spoken name, whose it is
   *                 ("" unless shown), whether it is not what is looked for, whether it needs attention
   */
  constructor(map, { onChoose, onDistance, describe }) {
    Object.assign(this, { map, onChoose, onDistance, describe });
    this.drawn = new Map(); // seat id → element
    this.box = element("div", { class: "seat-layer", role: "group" });
    this.box.addEventListener("keydown", (event) => this.onKey(event));
    this.map.map.on("zoomend resize", () => this.layOut());
  }

  /** Draw these seats; null takes them away. */
  setDay(day, label) {
    this.day = day;
    if (day && !this.marker) {
      const icon = L.divIcon({ html: this.box, className: "zone-anchor", iconSize: [0, 0], iconAnchor: [0, 0] });
      this.marker = L.marker([0, 0], { icon, interactive: false, keyboard: false }).addTo(this.map.map);
    } else if (!day) {
      this.marker?.remove();
      this.marker = null;
      return;
    }
    this.box.setAttribute("aria-label", label);
    this.apart_m = leastApart(day.seats);
    this.layOut();
  }

  choose(seat) {
    this.chosen = seat?.id ?? null;
    if (seat) this.atTab = seat.id;
    this.layOut();
  }

  /** Bring a seat into sight, and close enough to be read. */
  show(seat) {
    if (!this.map.bounds) return;
    const at = this.map.at([seat.x, seat.y]);
    const near = Math.log2((TARGET_PX + 4) / this.apart_m);
    if (this.map.map.getZoom() < near) this.map.map.setView(at, near, { animate: false });
    else this.map.map.panInside(at, { padding: [48, 48], animate: false });
  }

  focus(seat) {
    this.atTab = seat.id;
    this.show(seat);
    this.layOut();
    this.drawn.get(seat.id)?.focus({ preventScroll: true });
  }

  layOut() {
    if (!this.day || !this.marker || !this.map.bounds) return; // the plan comes with the page's first snapshot
    const scale = 2 ** this.map.map.getZoom();
    const apart = this.apart_m * scale;
    const isNear = apart >= NEAR_PX;
    if (isNear !== this.isNear) this.onDistance((this.isNear = isNear));
    const size = Math.round(Math.min(LARGEST_PX, isNear ? Math.max(SMALLEST_PX, apart - 4) : Math.max(5, apart * 0.8)));
    const look = size >= NAMED_PX ? "named" : size >= LABELLED_PX ? "labelled" : isNear ? "plain" : "far";
    this.box.className = `seat-layer seat-layer--${look}`;
    const at = isNear && apart < TARGET_PX ? spread(this.day.seats, scale) : null;
    const seats = this.day.seats;
    if (!seats.some((seat) => seat.id === this.atTab)) this.atTab = seats[0]?.id;
    const wanted = seats.map((seat) => this.one(seat, isNear, size, scale, at, look));
    if (wanted.length !== this.box.childElementCount || wanted.some((one, i) => this.box.children[i] !== one)) {
      const focused = document.activeElement;
      const had = this.box.contains(focused) ? focused.dataset.seat : null;
      this.box.replaceChildren(...wanted);
      if (had && isNear) this.drawn.get(Number(had))?.focus({ preventScroll: true });
      for (const id of this.drawn.keys()) if (!this.day.byId.has(id)) this.drawn.delete(id);
    }
  }

  one(seat, isNear, size, scale, at, look) {
    let drawn = this.drawn.get(seat.id);
    if (!drawn || (drawn.tagName === "BUTTON") !== isNear) {
      drawn = isNear
        ? element("button", { type: "button", "data-seat": seat.id, onclick: () => this.onChoose(this.day.byId.get(seat.id)) },
            element("span", { class: "seat__text" }))
        : element("span", { "aria-hidden": "true", onclick: () => this.show(seat) }); // a touch brings it nearer
      this.drawn.set(seat.id, drawn);
    }
    const { state, label, name, dim, isProblem } = this.describe(seat);
    const isTable = this.day.places.has(seat.id);
    const classes = ["seat", `seat--${state}`];
    if (isTable) classes.push("seat--table");
    if (seat.id === this.chosen) classes.push("seat--chosen");
    if (dim) classes.push("seat--dim");
    if (isProblem) classes.push("seat--problem");
    const wanted = classes.join(" ");
    if (drawn.className !== wanted) drawn.className = wanted;
    const [x, y] = at?.get(seat.id) ?? [seat.x * scale, seat.y * scale];
    const [width, height] = isTable ? tableSize(this.day.places.get(seat.id), scale, size) : [size * (LARGER[seat.kind] ?? 1), size];
    drawn.style.cssText = `left:${x - width / 2}px;top:${y - height / 2}px;width:${width}px;height:${height}px`;
    if (!isNear) return drawn;
    const isWide = width >= LABELLED_PX;
    setText(drawn.firstChild, name && look === "named" ? name : isWide && look !== "plain" ? shortCode(seat) : "");
    drawn.tabIndex = seat.id === this.atTab ? 0 : -1;
    drawn.setAttribute("aria-pressed", String(seat.id === this.chosen));
    if (drawn.dataset.said !== label) {
      drawn.dataset.said = label;
      drawn.setAttribute("aria-label", label);
      drawn.title = label;
    }
    return drawn;
  }

  onKey(event) {
    const seat = this.day?.byId.get(Number(event.target.dataset?.seat));
    if (!seat) return;
    const { seats } = this.day;
    const next =
      event.key === "Home" ? seats[0] : event.key === "End" ? seats.at(-1) : event.key.startsWith("Arrow") ? this.day.next(seat, event.key) : undefined;
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation(); // the plan itself moves with the same keys
    if (next) this.focus(next);
  }
}

/** "012" of "18A-012". */
const shortCode = (seat) => seat.code.slice(seat.code.indexOf("-") + 1) || seat.code;

function tableSize(places, scale, size) {
  const xs = places.map((place) => place.x);
  const ys = places.map((place) => place.y);
  const width = (Math.max(...xs) - Math.min(...xs)) * scale + size * 0.6;
  return [Math.max(size, width), Math.max(size * 0.8, (Math.max(...ys) - Math.min(...ys)) * scale - size - 4)];
}

/** The least distance between two seats that are pressed apart, metres. */
function leastApart(seats) {
  const single = seats.filter((seat) => seat.kind !== "room" && seat.kind !== "booth");
  const distances = [];
  for (const one of single) {
    let least = Infinity;
    for (const other of single) if (other !== one) least = Math.min(least, Math.max(Math.abs(one.x - other.x), Math.abs(one.y - other.y)));
    if (least > 0.3 && least < Infinity) distances.push(least);
  }
  distances.sort((a, b) => a - b);
  return distances[Math.floor(distances.length * 0.1)] ?? 1.4; // a few odd ones do not shrink all
}

/** Rows and columns a hair too close for a finger are drawn a hair further apart: seat id → [x_px, y_px]. */
function spread(seats, scale) {
  const at = new Map(seats.map((seat) => [seat.id, [seat.x * scale, seat.y * scale]]));
  const single = seats.filter((seat) => !(seat.kind in LARGER) && seat.capacity === 1);
  for (const zone of new Set(single.map((seat) => seat.zone))) {
    const here = single.filter((seat) => seat.zone === zone).map((seat) => at.get(seat.id));
    for (const axis of [0, 1]) spreadAlong(here, axis);
  }
  return at;
}

/** Move whole lines of points along an axis until neighbours are TARGET_PX apart, half of it to either side. */
function spreadAlong(points, axis) {
  const lines = new Map();
  for (const point of points) {
    const key = Math.round(point[axis] / 3);
    lines.set(key, [...(lines.get(key) ?? []), point]);
  }
  const sorted = [...lines.entries()].sort(([a], [b]) => a - b).map(([, line]) => line);
  const moved = [];
  sorted.forEach((line, i) => {
    const wanted = sorted.slice(0, i).map((before, j) => {
      const isBeside = line.some((one) => before.some((other) => Math.abs(one[1 - axis] - other[1 - axis]) < TARGET_PX));
      return isBeside ? before[0][axis] + moved[j] + TARGET_PX - line[0][axis] : -Infinity;
    });
    moved.push(Math.max(0, ...wanted));
  });
  const middle = (Math.min(...moved) + Math.max(...moved)) / 2;
  sorted.forEach((line, i) => line.forEach((point) => (point[axis] += moved[i] - middle)));
}
