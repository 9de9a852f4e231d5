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
  if (person.heard_at === null) return "";
  if (person.state === "silent") return `${t("no recent signal")} · ${age(person.heard_at)}`;
  return t("beacon, %(age)s", { age: age(person.heard_at) });
}

/** How sure a place is, in words; nothing when it is plainly so. */
export function sureness(person) {
  if (person.state === "passing") return t("on the move");
  return person.sure === "probably" ? t("probably here") : "";
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
