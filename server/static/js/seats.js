// Seats on the floor's page: a day, a time, the plan or the list, and one confirm.

import { book, change, giveBack, longer, nearestAt, nextOf, readDay, sitDown, take } from "./seats-api.js";
import { drawBar } from "./seats-bar.js";
import { clock, Day, minutes } from "./seats-day.js";
import { SeatLayer } from "./seats-layer.js";
import { byId, element, language, page, setText, syncRows, t } from "./page.js";
import { nowS } from "./say.js";

const WORK = [510, 1035]; // 8:30 to 17:15
const PRESETS = { morning: [510, 720], afternoon: [780, 1035], "day-long": WORK };
const DAYS = 4; // to be chosen with one press
const READ_AFTER_MS = 300; // what changes together is read once
const READ_SPREAD_MS = 700; // a whole floor looks at this page: not all of them ask at once
const STATES = { free: "Free seat", booked: "Taken", in_use: "Occupied", mine: "My seat", off: "Not available" };
const REASONS = {
  held: "somebody’s own seat",
  members_only: "for the section it belongs to",
  members_first: "for its section first, later on the day for everybody",
  priority: "kept for those who need it",
  priority_first: "kept for those who need it",
  too_early: "cannot be booked so far ahead",
  walk_up_only: "cannot be booked ahead",
  table: "the table is taken in part",
};

const locale = language === "en" ? "en-GB" : "ja-JP";
const dayFormat = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric", weekday: "short", timeZone: "UTC" });
const shortDayFormat = new Intl.DateTimeFormat(locale, { day: "numeric", weekday: "short", timeZone: "UTC" });
const dayWords = (day, format = dayFormat) => format.format(new Date(`${day}T00:00Z`));
const nowThere = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: page.timezone });

const thereFormat = new Intl.DateTimeFormat("sv-SE", { timeZone: page.timezone }); // writes 2026-11-24

/** The days ahead on which the building is open; the server knows the holidays. */
const openDays = (today) => page.seats.open_days.filter((day) => day >= today);

/** Every quarter hour between two times, the last included, to choose from. */
function fillTimes(select, first, last, value) {
  const range = `${first}-${last}`;
  if (select.dataset.range !== range) {
    select.dataset.range = range;
    const options = [];
    for (let at = first; at <= last; at += 15) options.push(element("option", { value: at }, clock(at)));
    select.replaceChildren(...options);
  }
  if (select.value !== String(value)) select.value = String(value);
}

/** "Needs attention: External monitor (no picture)". */
function problemWords(seat) {
  const each = seat.problems.map(({ what, note }) => (note ? t("%(what)s (%(note)s)", { what: page.seats.wrong[what], note }) : page.seats.wrong[what]));
  return t("Needs attention: %(what)s", { what: each.join(t(", ")) });
}

export class Seats {
  /** map: a FloorMap; zoneName(code); onCounts(Map or null) shows the free seats of the zones on the plan. */
  constructor({ map, zoneName, onCounts }) {
    Object.assign(this, { map, zoneName, onCounts });
    this.isOpen = false;
    this.day = null; // a Day once it has been read
    this.facts = null;
    this.chosen = null; // seat id
    this.wanted = new Set(); // equipment
    this.kind = "";
    this.when = null; // {day, from, to, isNow}
    this.layer = new SeatLayer(map, { onChoose: (seat) => this.choose(seat, true), onDistance: () => this.hint(), describe: (seat) => this.describe(seat) });
    this.wire();
  }

  // -- opening, reading

  open() {
    this.isOpen = true;
    if (!this.day) this.read();
    this.draw();
  }

  close() {
    this.isOpen = false;
    this.layer.setDay(null);
    this.onCounts(null);
  }

  /** Somebody has booked or left: read again, soon and not all at once. */
  changed() {
    if (!this.isOpen || this.due) return;
    this.due = setTimeout(() => {
      this.due = null;
      this.read();
    }, READ_AFTER_MS + Math.random() * READ_SPREAD_MS);
  }

  /** While updates are paused the page stays as it is, but for what its reader does. */
  setPaused(paused) {
    clearTimeout(this.due);
    this.due = null;
    if (!paused) this.changed();
  }

  async read() {
    const asked = (this.asked = Symbol("read"));
    const found = await readDay(page.floor, this.when?.day ?? page.seats.day).catch(() => null);
    if (asked !== this.asked) return;
    if (!found || found.refused) {
      const isAnotherDay = this.when && this.facts?.day !== this.when.day; // else the line at the top says how old this is
      if (found || isAnotherDay) this.say(found?.refused.message ?? t("It could not be loaded. Please try again in a moment."), "error");
      return;
    }
    this.facts = found.facts;
    this.setWaiting(false);
    this.day = new Day(found.seats);
    if (!this.when) this.begin();
    if (this.chosen && !this.day.byId.has(this.chosen)) this.chosen = null;
    if (page.seats.seat) {
      const seat = this.day.seats.find((one) => one.code === page.seats.seat);
      page.seats.seat = null;
      if (seat) this.choose(seat);
      if (seat && this.isOpen) this.layer.show(seat);
    }
    this.draw();
  }

  begin() {
    const { day, opens, closes, isOpen } = this.facts;
    const now = this.now();
    const isToday = day === this.today() && isOpen && now < closes;
    const to = now < WORK[1] ? WORK[1] : closes;
    this.when = isToday && now >= Math.max(opens, WORK[0]) ? { day, ...this.fromNow(), to } : { day, from: WORK[0], to: WORK[1], isNow: false };
  }

  now = () => minutes(nowThere.format(nowS() * 1000));
  today = () => thereFormat.format(nowS() * 1000);
  isToday = () => this.when?.day === this.today();

  fromNow() {
    return { from: Math.floor(this.now() / 15) * 15, isNow: true };
  }

  // -- what is shown

  suits = (seat) => (!this.kind || seat.kind === this.kind) && [...this.wanted].every((one) => seat.has.includes(one));

  describe(seat) {
    const { from, to } = this.when;
    const { state, stretch } = this.day.at(seat, from, to);
    const words = [seat.code, this.stateWords(state, stretch)];
    if (this.isTable(seat)) words.push(t("Whole table"));
    words.push(...seat.has.map((one) => page.seats.equipment[one]));
    if (seat.priority) words.push(t("Priority seat"));
    if (seat.problems.length) words.push(problemWords(seat));
    const name = stretch?.name?.split(/[ 　]/)[0] ?? "";
    return { state, label: words.join(" "), name, dim: !this.suits(seat), isProblem: seat.problems.length > 0 };
  }

  isTable = (seat) => this.day.places.has(seat.id);

  draw() {
    if (!this.isOpen) return;
    if (!this.day || !this.when) {
      setText(byId("seat-hint"), t("Loading"));
      return;
    }
    if (this.when.isNow) this.when = { ...this.when, ...this.fromNow() };
    this.layer.setDay(this.day, t("Seats on %(day)s, %(from)s to %(to)s", this.words()));
    const counts = this.day.counts(this.when.from, this.when.to, this.suits);
    this.onCounts(counts);
    this.drawWhen();
    this.drawZones(counts);
    this.drawChosen();
    this.drawList();
  }

  words = () => ({ day: dayWords(this.when.day), from: clock(this.when.from), to: clock(this.when.to) });

  drawZones(counts) {
    const zones = [...counts].filter(([, count]) => count.total);
    const total = zones.reduce((sum, [, { free }]) => sum + free, 0);
    setText(byId("seat-count"), t("%(n)s free seats", { n: total }));
    syncRows(
      byId("seat-zones"),
      zones,
      ([code]) => code,
      ([code]) =>
        element(
          "li",
          {},
          element("button", { type: "button", class: "zones__zone", onclick: () => this.map.zoomTo(code) },
            element("span", { class: "zones__name" }),
            element("span", { class: "zones__count" })),
        ),
      (row, [code, { free, total: all }]) => {
        setText(row.querySelector(".zones__name"), this.zoneName(code));
        setText(row.querySelector(".zones__count"), t("%(free)s of %(total)s free", { free, total: all }));
      },
    );
    const problems = this.day.seats.filter((seat) => seat.problems.length).length;
    const link = byId("seat-problems");
    link.hidden = !problems;
    setText(link.querySelector("a"), t("%(n)s seats need attention", { n: problems }));
    const rules = byId("seat-rules");
    syncRows(
      rules,
      zones,
      ([code]) => code,
      ([code]) => element("li", {}, element("a", { href: `/zones/${encodeURIComponent(code)}/rules` })),
      (row, [code]) => setText(row.firstChild, this.zoneName(code)),
    );
  }

  drawWhen() {
    const { day, from, to, isNow } = this.when;
    syncRows(
      byId("seat-days"),
      openDays(this.today()).slice(0, DAYS),
      (one) => one,
      (one) => element("button", { type: "button", onclick: () => this.setDay(one) }),
      (button, one) => {
        const isToday = one === this.today();
        setText(button, isToday ? t("Today") : dayWords(one, shortDayFormat));
        button.setAttribute("aria-label", isToday ? t("Today, %(day)s", { day: dayWords(one) }) : dayWords(one));
        button.setAttribute("aria-pressed", String(one === day));
      },
    );
    const input = byId("seat-day");
    if (document.activeElement !== input) input.value = day;
    for (const [id, to] of Object.entries(this.besides())) byId(id).setAttribute("aria-disabled", String(!to));
    for (const [name, [a, b]] of Object.entries(PRESETS)) byId(`seat-${name}`).setAttribute("aria-pressed", String(!isNow && a === from && b === to));
    const now = byId("seat-now");
    now.hidden = !this.isToday() || !this.facts.isOpen || this.now() >= this.facts.closes || this.now() < this.facts.opens;
    now.setAttribute("aria-pressed", String(isNow));
    const { opens, closes } = this.facts;
    fillTimes(byId("seat-from"), Math.min(opens, from), closes - 15, from);
    fillTimes(byId("seat-to"), from + 15, Math.max(closes, to), to);
    byId("seat-closed").hidden = this.facts.isOpen;
  }

  /** The open days before and after the one that is shown, as far as there are any to come. */
  besides() {
    const days = openDays(this.today());
    return { "seat-earlier": days.findLast((day) => day < this.when.day), "seat-later": days.find((day) => day > this.when.day) };
  }

  /** The chosen seat: its day, and what can be done with it. */
  drawChosen() {
    const seat = this.day.byId.get(this.chosen);
    const sheet = byId("seat-sheet");
    sheet.classList.toggle("has-seat", Boolean(seat));
    byId("seat-chosen").hidden = !seat;
    byId("seat-nothing").hidden = Boolean(seat);
    if (!seat) {
      this.hint();
      byId("seat-actions").replaceChildren();
      this.drawnActions = null;
      return;
    }
    const { from, to } = this.when;
    const { state, stretch } = this.day.at(seat, from, to);
    setText(byId("seat-code"), seat.code);
    const about = [this.zoneName(seat.zone), this.isTable(seat) ? t("Whole table") : page.seats.kinds[seat.kind], ...seat.has.map((one) => page.seats.equipment[one])];
    if (seat.capacity > 1) about.push(t("%(n)s people", { n: seat.capacity }));
    if (seat.priority) about.push(t("Priority seat"));
    setText(byId("seat-about"), about.filter(Boolean).join(" · "));
    const problem = byId("seat-problem");
    problem.hidden = !seat.problems.length;
    setText(problem.querySelector("a"), problemWords(seat));
    byId("seat-report").href = `/seats/${seat.id}/report?next=${encodeURIComponent(location.pathname + location.search)}`;
    const mark = byId("seat-mark");
    mark.className = `seat-mark seat-mark--${state}`;
    setText(byId("seat-state"), this.stateWords(state, stretch));
    const range = this.range(from, to);
    const free = this.day.freeStretches(seat, this.isToday() ? Math.max(range[0], this.fromNow().from) : range[0], range[1]);
    drawBar(byId("seat-bar"), {
      taken: seat.stretches.filter((one) => one.state !== "free"),
      free,
      chosen: [from, to],
      range,
      now: this.isToday() ? this.now() : null,
      onStretch: ([a, b]) => this.setTime(a, b, this.isToday() && a === this.fromNow().from),
    });
    this.drawWeekly(seat, state);
    byId("seat-what-for").hidden = state !== "free" || !this.mayHaveSubject(seat) || Boolean(this.moved(seat, from, to));
    this.drawActions(seat, state, stretch);
  }

  mayHaveSubject = (seat) => page.seats.with_subject.includes(seat.kind);

  /** What the booking of a seat is for, as far as it is asked. */
  subject = (seat) => (seat && this.mayHaveSubject(seat) ? byId("seat-subject").value : "");

  /** The way to have this seat at this time every week. */
  drawWeekly(seat, state) {
    const { day, from, to } = this.when;
    const two = (minute) => clock(minute).padStart(5, "0");
    const weekday = (new Date(`${day}T00:00Z`).getUTCDay() + 6) % 7; // Monday is 0
    const query = new URLSearchParams({ seat: seat.code, from: two(from), to: two(to), first_day: day, weekday });
    const weekly = byId("seat-weekly");
    weekly.hidden = state === "off";
    weekly.querySelector("a").href = `/seats/series?${query}`;
  }

  hint() {
    if (this.day && !this.day.seats.length) return setText(byId("seat-hint"), t("There are no seats on this floor."));
    const isFar = this.layer?.isNear === false && byId("seat-list").closest("[hidden]");
    setText(byId("seat-hint"), isFar ? t("Press a zone to see its seats larger, or choose one in the list.") : t("Choose a seat on the plan or in the list."));
  }

  /** "Taken 13:00–17:15 髙波 一", "Not available: the monitor is broken". */
  stateWords(state, stretch) {
    if (state === "off") {
      const why = stretch?.note || (stretch?.reason && t(REASONS[stretch.reason] ?? "")) || "";
      return why ? t("Not available: %(why)s", { why }) : t("Not available");
    }
    if (!stretch) return t(STATES[state]);
    return [t(state === "mine" && stretch.sits ? "You sit here" : STATES[state]), `${clock(stretch.from)}–${clock(stretch.to)}`, stretch.name].filter(Boolean).join(" ");
  }

  range(from, to) {
    let [a, b] = [Math.min(WORK[0], Math.floor(from / 60) * 60), Math.max(WORK[1], to)];
    if (from >= WORK[0]) a = WORK[0];
    return [a, Math.min(b, 1440)];
  }

  drawActions(seat, state, stretch) {
    const actions = this.actions(seat, state, stretch);
    const host = byId("seat-actions");
    const key = JSON.stringify([seat.id, actions.map(({ label, look, off }) => [label, look, off])]);
    if (key === this.drawnActions) {
      actions.forEach((action, i) => (host.children[i].act = action.act));
      return;
    }
    this.drawnActions = key;
    const had = host.contains(document.activeElement);
    host.replaceChildren(
      ...actions.map(({ label, look = "", act }) => {
        const button = element("button", { type: "button", class: `button ${look}`, onclick: (event) => event.currentTarget.act() }, label);
        button.act = act;
        return button;
      }),
    );
    if (had && !host.contains(document.activeElement)) byId("seat-title").focus({ preventScroll: true });
  }

  actions(seat, state, mine) {
    const { from, to, isNow, day } = this.when;
    const quiet = "button--quiet";
    if (state === "mine") {
      const made = [];
      if (!mine.sits && this.isToday() && this.now() >= mine.from - 30 && this.now() < mine.to)
        made.push({ label: t("Check in"), act: () => this.run(() => sitDown(mine.booking), t("The seat is yours now.")) });
      const isOther = mine.from !== from || mine.to !== to;
      const canMove = mine.from > this.now() || !this.isToday();
      if (isOther && canMove && !isNow)
        made.push({
          label: t("Change to %(from)s–%(to)s", this.words()), look: quiet,
          act: () => this.run(() => change(mine.booking, { day, from, to }), t("Changed."), seat),
        });
      if (this.canExtend(seat, mine))
        made.push({ label: t("Extend to %(time)s", { time: clock(this.latest(seat, mine)) }), look: quiet, act: () => this.run(() => longer(mine.booking, day, this.latest(seat, mine)), t("Extended."), seat) });
      made.push({
        label: mine.sits ? t("Release the seat") : t("Cancel booking"), look: quiet,
        act: () => this.run(() => giveBack(mine.booking), mine.sits ? t("The seat is free again.") : t("Booking cancelled.")),
      });
      if (canMove) made.push({ label: t("Add to my calendar"), look: quiet, act: () => location.assign(`/seats/bookings/${mine.booking}.ics`) });
      return made;
    }
    if (state !== "free") {
      const instead = this.day.nearest(seat, from, to, this.suits);
      return instead ? [{ label: t("Show %(seat)s close by, which is free", { seat: instead.code }), look: quiet, act: () => (this.choose(instead), this.layer.focus(instead)) }] : [];
    }
    
    const moved = this.moved(seat, from, to);
    if (moved)
      return [{
        label: t("Move here from %(seat)s", { seat: moved.seat.code }),
        act: () => this.run(() => change(moved.booking, { seat: seat.id, day, from, to }), t("Changed."), seat, moved.booking),
      }];
    return [isNow
      ? { label: t("Check in until %(to)s", this.words()), act: () => this.run((key) => take(seat.id, { day, from, to, subject: this.subject(seat) }, key), t("The seat is yours now."), seat) }
      : { label: t("Book %(day)s, %(from)s–%(to)s", this.words()), act: () => this.run((key) => book(seat.id, { day, from, to, subject: this.subject(seat) }, key), t("Booked."), seat) }];
  }

  /** The booking that a press would bring here: the one whose change was begun, or the one I have at that time. */
  moved(seat, from, to) {
    const mine = this.day.mine().filter((one) => one.seat.id !== seat.id);
    const asked = mine.find((one) => one.booking === page.seats.move);
    const isRoom = seat.kind === "room";
    return asked ?? mine.find((one) => (one.seat.kind === "room") === isRoom && one.from < to && one.to > from) ?? null;
  }

  canExtend(seat, mine) {
    return this.isToday() && this.day.freeStretches(seat, mine.to, mine.to + 15).length > 0;
  }

  /** To when a booking can be made longer: an hour more, or until somebody follows. */
  latest = (seat, mine) => this.day.freeStretches(seat, mine.to, mine.to + 60)[0]?.[1] ?? mine.to;

  drawList() {
    const host = byId("seat-list");
    if (host.hidden) return;
    const { from, to } = this.when;
    const cell = () => element("td", {});
    syncRows(
      host.querySelector("tbody"),
      this.day.seats.filter(this.suits).sort((a, b) => a.code.localeCompare(b.code)),
      (seat) => seat.id,
      (seat) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, element("button", { type: "button", class: "button button--text button--small", onclick: () => this.choose(this.day.byId.get(seat.id), true) }, seat.code)),
          cell(), cell(), cell(), cell(),
        ),
      (row, seat) => {
        const { state, stretch } = this.day.at(seat, from, to);
        const stretches = this.day.freeStretches(seat, ...this.range(from, to));
        row.className = seat.id === this.chosen ? "is-chosen" : "";
        row.querySelector("button").setAttribute("aria-pressed", String(seat.id === this.chosen));
        [
          this.zoneName(seat.zone),
          this.isTable(seat) ? t("Whole table") : page.seats.kinds[seat.kind],
          seat.has.map((one) => page.seats.equipment[one]).join(t(", ")),
        ].forEach((text, i) => setText(row.children[i + 1], text));
        const said = row.children[4];
        if (!said.children.length)
          said.append(
            element("span", { class: "seat-mark", "aria-hidden": "true" }), element("span"), element("span", { class: "hint" }),
            element("p", { class: "seat-problems" }, element("span", { class: "seat-mark seat-mark--problem", "aria-hidden": "true" }), element("span")),
          );
        said.lastChild.hidden = !seat.problems.length;
        setText(said.lastChild.lastChild, seat.problems.length ? problemWords(seat) : "");
        said.firstChild.className = `seat-mark seat-mark--${state}`;
        setText(said.children[1], this.stateWords(state, stretch));
        setText(said.children[2], state === "free" || !stretches.length ? "" : ` ${t("free %(times)s", { times: stretches.map(([a, b]) => `${clock(a)}–${clock(b)}`).join(t(", ")) })}`);
      },
    );
  }

  // -- what a person does

  choose(seat, byHand = false) {
    if (seat.id !== this.chosen) byId("seat-subject").value = "";
    this.chosen = seat.id;
    this.layer.choose(seat);
    if (byHand) this.say("");
    this.draw();
  }

  leave() {
    const seat = this.day?.byId.get(this.chosen);
    this.chosen = null;
    this.layer.choose(null);
    this.say("");
    this.draw();
    if (seat && !byId("map").hidden) this.layer.focus(seat);
  }

  setDay(day) {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || day === this.when?.day) return;
    const isToday = day === this.today();
    this.when = { ...this.when, day, isNow: false };
    if (isToday && this.now() >= this.when.from) this.when = { ...this.when, ...this.fromNow(), to: Math.max(this.when.to, this.fromNow().from + 15) };
    else if (!isToday && this.when.from % 60 !== 30 && this.when.from !== 510) this.when = { ...this.when, from: WORK[0], to: WORK[1] };
    this.say("");
    this.setWaiting(true);
    this.draw();
    this.read();
  }

  /** What is still of another day can be seen and not pressed. */
  setWaiting(waiting) {
    for (const part of [this.layer.box, byId("seat-actions"), byId("seat-bar"), byId("seat-list")]) part.inert = waiting;
  }

  setTime(from, to, isNow = false) {
    if (!(from < to)) return;
    this.when = { ...this.when, from, to, isNow };
    this.say("");
    this.draw();
  }

  /** Ask the server for something, say what came of it, and show the seats as they are now. */
  async run(ask, sentence, seat = null, movedId = null) {
    if (this.busy) return;
    this.busy = true;
    const { chosen } = this;
    byId("seat-sheet").setAttribute("aria-busy", "true");
    const key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    const answer = (await ask(key).catch(() => null)) ?? (await ask(key).catch(() => null)); // once more: the same key books once
    this.busy = false;
    byId("seat-sheet").removeAttribute("aria-busy");
    if (!answer) this.say(t("It could not be sent. Nothing has been booked; please try again in a moment."), "error");
    else if (answer.refused) await this.refused(answer.refused, seat, movedId);
    else {
      if (page.seats.move && movedId === page.seats.move) page.seats.move = null;
      const next = answer.state === "booked" ? await nextOf(answer.id).catch(() => null) : null;
      this.say([sentence, next?.sentence].filter(Boolean).join(" "), "done", answer.hints);
    }
    await this.read();
    if (chosen !== null && this.chosen !== null) byId("seat-title").focus({ preventScroll: true }); // unless it was left meanwhile
  }

  async refused(refused, seat, movedId) {
    const { from, to, day, isNow } = this.when;
    const near = seat && (await nearestAt(seat.id, { day, from, to }, movedId).catch(() => null));
    const who = near?.responsible ? t("%(who)s answers for this rule.", { who: near.responsible }) : "";
    this.say([refused.message, who].filter(Boolean).join(" "), "error");
    if (!near?.seat) return;
    const offer = () => {
      const other = this.day.byId.get(near.seat.id);
      const when = { day, from, to };
      const subject = this.subject(other);
      if (other) this.choose(other);
      if (movedId) return this.run(() => change(movedId, { seat: near.seat.id, ...when }), t("Changed."), near.seat, movedId);
      const have = isNow ? take : book;
      return this.run((key) => have(near.seat.id, { ...when, subject }, key), isNow ? t("The seat is yours now.") : t("Booked."), near.seat);
    };
    byId("seat-said").append(
      element("p", { class: "refusal__offer" }, `${t("%(seat)s close by is free at that time.", { seat: near.seat.code })} `,
        element("button", { type: "button", class: "button button--small", onclick: offer }, t("Book %(seat)s", { seat: near.seat.code }))),
    );
  }

  say(sentence, kind = "", hints = []) {
    const said = byId("seat-said");
    said.className = `seat-sheet__said${kind === "error" ? " notice notice--error" : kind ? " notice" : ""}`;
    said.replaceChildren(...(sentence ? [element("p", {}, sentence)] : []), ...hints.map((hint) => element("p", { class: "hint" }, hint)));
  }

  // -- the controls

  wire() {
    for (const [name, [from, to]] of Object.entries(PRESETS)) byId(`seat-${name}`).addEventListener("click", () => this.setTime(from, to));
    byId("seat-now").addEventListener("click", () => {
      const { from } = this.fromNow();
      this.setTime(from, from < WORK[1] ? WORK[1] : this.facts.closes, true);
    });
    for (const id of ["seat-earlier", "seat-later"])
      byId(id).addEventListener("click", () => this.when && this.besides()[id] && this.setDay(this.besides()[id]));
    byId("seat-day").addEventListener("change", (event) => this.setDay(event.target.value));
    for (const id of ["seat-from", "seat-to"])
      byId(id).addEventListener("change", () => {
        const [from, to] = [Number(byId("seat-from").value), Number(byId("seat-to").value)];
        this.setTime(from, Math.max(to, from + 15));
      });
    byId("seat-kind").addEventListener("change", (event) => {
      this.kind = event.target.value;
      this.draw();
    });
    for (const box of byId("seat-wishes").querySelectorAll("input[type=checkbox]"))
      box.addEventListener("change", () => {
        this.wanted[box.checked ? "add" : "delete"](box.value);
        this.draw();
      });
    byId("seat-close").addEventListener("click", () => this.leave());
    byId("seat-sheet").addEventListener("keydown", (event) => event.key === "Escape" && this.chosen && this.leave());
  }
}
