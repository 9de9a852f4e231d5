// States, places and ages in words: no per cent, no jargon.

import { inLanguage, page, t } from "./page.js";

const clockFormat = new Intl.DateTimeFormat(document.documentElement.lang === "en" ? "en-GB" : "ja-JP", {
  hour: "numeric",
  minute: "2-digit",
  timeZone: page.timezone,
});
const secondsFormat = new Intl.DateTimeFormat(document.documentElement.lang === "en" ? "en-GB" : "ja-JP", {
  hour: "numeric",
  minute: "2-digit",
  second: "2-digit",
  timeZone: page.timezone,
});

const dayFormat = new Intl.DateTimeFormat(document.documentElement.lang === "en" ? "en-GB" : "ja-JP", {
  month: "short",
  day: "numeric",
  weekday: "short",
  timeZone: page.timezone,
});

let ahead_s = 0; // how far the server's clock is ahead of this device's

/** Learn the server's clock from an answer, so that a device with a wrong clock still says the right age. */
export function learnClock(dateHeader) {
  const there = Date.parse(dateHeader ?? "");
  if (!Number.isNaN(there)) ahead_s = Math.round((there - Date.now()) / 1000);
}

export const nowS = () => Date.now() / 1000 + ahead_s;
export const clock = (unix_s) => clockFormat.format(unix_s * 1000);
export const clockWithSeconds = (unix_s) => secondsFormat.format(unix_s * 1000);

/** "20 s ago"; in steps of ten seconds, so that a page of names does not flicker. */
export function age(heard_at) {
  const seconds = Math.max(0, Math.round(nowS() - heard_at));
  if (seconds < 10) return t("just now");
  if (seconds < 60) return t("%(n)s s ago", { n: Math.floor(seconds / 10) * 10 });
  if (seconds < 3600) return t("%(n)s min ago", { n: Math.floor(seconds / 60) });
  return t("at %(time)s", { time: clock(heard_at) });
}

export const floorName = (code) => t("%(floor)sF", { floor: code });

/** Where the source of a place and its age stand: "beacon, 20 s ago". */
export function source(person) {
  if (person.source === "status") return t("as they say");
  if (person.source === "check_in") return t("checked in");
  if (person.source === "booking") return t("booked");
  if (person.heard_at === null) return "";
  if (person.state === "silent") return `${t("no recent signal")} · ${age(person.heard_at)}`;
  return t("beacon, %(age)s", { age: age(person.heard_at) });
}

/** How sure a place is, in words; nothing when it is plainly so. */
export function sureness(person) {
  if (person.state === "passing") return t("on the move");
  return person.sure === "probably" ? t("probably here") : "";
}

/** A place that a booking or check-in says: "booked 18A-012 until 12:00". */
export function claimed({ person, seat, until }) {
  const [at, time] = [seat, until && clock(until)];
  if (person.source === "check_in") return at ? t("checked in at %(place)s", { place: at }) : t("checked in");
  if (at) return t("booked %(place)s until %(time)s", { place: at, time });
  return t("booked until %(time)s", { time });
}

function kind(status) {
  switch (status.kind) {
    case "at_work":
      return t("At work");
    case "telework":
      return t("Telework");
    case "trip":
      return t("Business trip");
    case "leave":
      return t("On leave");
    case "meeting":
      return t("In a meeting");
    case "focus":
      return t("Focus time");
    case "counter":
      return t("Serving at the counter");
    case "away":
      return t("Away from seat");
  }
  return "";
}

/** "Telework until 17:15"; the last day when it ends at another day's midnight, nothing more when at today's. */
export function statusWords(status) {
  const today = dayFormat.format(nowS() * 1000);
  const last = dayFormat.format(status.until * 1000 - 1);
  const isMidnight = dayFormat.format(status.until * 1000) !== last;
  if (last !== today) return t("%(status)s until %(time)s", { status: kind(status), time: last });
  return isMidnight ? kind(status) : t("%(status)s until %(time)s", { status: kind(status), time: clock(status.until) });
}

/** Where somebody is: what they say when they are elsewhere, else the place. */
export function whereabouts(person, zoneName, options) {
  return person.source === "status" && person.status ? statusWords(person.status) : place(person, zoneName, options);
}

/** What somebody says of the day beside the place, with their note. */
export function beside(person) {
  if (!person.status) return "";
  const words = person.source === "status" ? "" : statusWords(person.status);
  return [words, person.status.note].filter(Boolean).join(" ");
}

/** A person's place as a sentence; zoneName(code) gives a zone's name where it is known. */
export function place(person, zoneName, { withFloor = true } = {}) {
  switch (person.state) {
    case "building":
      return t("In the building");
    case "hidden":
      return t("Location not shown");
    case "away":
      return t("No information");
  }
  const floor = floorName(person.floor);
  if (person.zone === null) return t("somewhere on %(floor)s", { floor });
  const zone = zoneName(person.zone);
  const where = withFloor ? t("%(floor)s, %(zone)s", { floor, zone }) : zone;
  return person.state === "silent" ? t("last known: %(place)s", { place: where }) : where;
}

export const unit = (person) => inLanguage(person.unit, person.unit_en);
