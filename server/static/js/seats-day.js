// The seats of a floor on one day: who is free when. Knows nothing of the page. Times are minutes since midnight there.

export const QUARTER = 15;

const overlaps = (a, b, from, to) => a < to && b > from;

/** "8:30" of 510. */
export const clock = (minutes) => `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
/** 510 of "08:30" or "8:30", NaN of anything else. */
export const minutes = (text) => {
  const [, hour, minute] = /^(\d{1,2}):(\d{2})$/.exec(text) ?? [];
  return hour === undefined ? NaN : Number(hour) * 60 + Number(minute);
};

const FIRST = ["mine", "off", "in_use", "booked"]; // what a seat looks like when it is several things in a time

export class Day {
  /**
   * seats   [{id, code, zone, kind, x, y, has, capacity, table, priority, own, problems,
   *         stretches}], where `stretches` are
   *         [{from, to, state, reason, note, booking, name, sits}] over the hours of the building
   */
  constructor(seats) {
    this.seats = seats;
    this.byId = new Map(seats.map((seat) => [seat.id, seat]));
    const byCode = new Map(seats.map((seat) => [seat.code, seat]));
    this.places = new Map(); // table id → its places
    for (const seat of seats) {
      const table = byCode.get(seat.table);
      if (table) this.places.set(table.id, [...(this.places.get(table.id) ?? []), seat]);
    }
    seats.sort(inRows);
  }

  /** How a seat stands between two times: {state, stretch}, the stretch null while it is free. */
  at(seat, from, to) {
    const here = seat.stretches.filter((one) => overlaps(one.from, one.to, from, to));
    for (const state of FIRST) {
      const stretch = here.find((one) => one.state === state);
      if (stretch) return { state, stretch };
    }
    const isOpen = here.length && here[0].from <= from && here.at(-1).to >= to;
    return isOpen ? { state: "free", stretch: null } : { state: "off", stretch: null };
  }

  isFree(seat, from, to) {
    return this.at(seat, from, to).state === "free";
  }

  /** [[from, to], …] in which a seat is free between two times. */
  freeStretches(seat, from, to) {
    return seat.stretches
      .filter((one) => one.state === "free" && overlaps(one.from, one.to, from, to))
      .map((one) => [Math.max(one.from, from), Math.min(one.to, to)]);
  }

  /** The free seat most like another one: of its kind, in its zone, with what it has, close by. */
  nearest(to, from, until, suits) {
    let best = null;
    let least = Infinity;
    for (const seat of this.seats) {
      if (seat.id === to.id || !suits(seat) || !this.isFree(seat, from, until)) continue;
      const missing = to.has.filter((one) => !seat.has.includes(one)).length;
      const unlike = (seat.kind !== to.kind) * 3 + (seat.zone !== to.zone) * 2 + missing;
      const cost = Math.hypot(seat.x - to.x, seat.y - to.y) + 1000 * unlike;
      if (cost < least) [best, least] = [seat, cost];
    }
    return best;
  }

  /** zone code → {free, total} between two times, of places that one person can have. */
  counts(from, to, suits) {
    const found = new Map();
    for (const seat of this.seats) {
      if (this.places.has(seat.id)) continue; // a table is counted by its places
      const count = found.get(seat.zone) ?? { free: 0, total: 0 };
      count.total += 1;
      if (suits(seat) && this.isFree(seat, from, to)) count.free += 1;
      found.set(seat.zone, count);
    }
    return found;
  }

  /** What is mine on this day: [{seat, from, to, booking, state}]. */
  mine() {
    return this.seats.flatMap((seat) => seat.stretches.filter((one) => one.state === "mine").map((one) => ({ ...one, seat })));
  }

  /** The seat next to one in a direction ("ArrowLeft" …), null when there is none. */
  next(seat, key) {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
    let best = null;
    let least = Infinity;
    for (const other of this.seats) {
      const along = (other.x - seat.x) * dx + (other.y - seat.y) * dy;
      const aside = Math.abs((other.x - seat.x) * dy) + Math.abs((other.y - seat.y) * dx);
      if (along <= 0.05 || aside > along * 2) continue;
      const cost = along + 2 * aside;
      if (cost < least) [best, least] = [other, cost];
    }
    return best;
  }
}

/** Zone by zone, row by row, from the left: the order in which they are read and tabbed through. */
function inRows(a, b) {
  return a.zone.localeCompare(b.zone) || Math.round(a.y * 2) - Math.round(b.y * 2) || a.x - b.x || a.code.localeCompare(b.code);
}
