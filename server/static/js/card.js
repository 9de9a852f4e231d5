// The card of one person. Opening it is a look-up by name, which the person can see.

import { element, inLanguage, page, t } from "./page.js";
import { floorName, place, source, sureness } from "./say.js";

const DIRECTIONS = [
  "to the right of", "to the lower right of", "below", "to the lower left of", "to the left of", "to the upper left of", "above", "to the upper right of",
];

/** The direction of a point from another on the plan, y downwards, in words. */
export function direction([x, y], [from_x, from_y]) {
  const eighth = Math.round(Math.atan2(y - from_y, x - from_x) / (Math.PI / 4));
  return t(DIRECTIONS[(eighth + 8) % 8]);
}

export class Card {
  /**
   *   host           the element it is shown in
   *   screen         where it is opened now, for the look-up's record
   *   zoneCentre     (zone code) → [x_m, y_m] when the zone is on this page's plan, else null
   *   onShow(person, portal), onClose
   */
  constructor({ host, screen, zoneCentre = () => null, onShow = () => {}, onClose = () => {} }) {
    Object.assign(this, { host, screen, zoneCentre, onShow, onClose });
    host.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
  }

  async open(personId, opener) {
    this.opener = opener ?? this.opener;
    const asked = (this.asked = Symbol(personId)); // of two quick ones the later is meant, whichever answers first
    const answer = await fetch(`/api/v1/people/${personId}?screen=${this.screen}`, { headers: { Accept: "application/json" } }).catch(() => null);
    const found = (await answer?.json().catch(() => null)) ?? {}; // no answer at all when the network is away
    if (asked !== this.asked) return;
    if (!answer?.ok) {
      this.show(element("p", { class: "notice notice--error" }, found.message ?? t("It could not be loaded. Please try again in a moment.")));
      return;
    }
    this.fill(found);
  }

  fill(found) {
    const { person } = found;
    this.person = person;
    const title = element("h2", { id: "card-title", tabindex: "-1" }, ruby(person));
    const path = inLanguage(found.unit_path, found.unit_path_en).slice(-2).join(" ");
    const zoneName = () => (found.zone ? inLanguage(found.zone.name, found.zone.name_en) : "");
    const parts = [title, element("p", { class: "person-card__unit" }, [path, found.title].filter(Boolean).join("　"))];
    if (found.hidden) {
      parts.push(
        element("p", { class: "person-card__place" }, t("Location not shown")),
        element("p", { class: "hint" }, t("This person’s location is not shown. That can have any reason.")),
      );
    } else {
      const how = [sureness(person), source(person)].filter(Boolean).join(" · ");
      parts.push(element("p", { class: "person-card__place" }, place(person, zoneName)), element("p", { class: "hint" }, how));
      const way = this.way(found, zoneName());
      if (way) parts.push(element("p", {}, way));
      if (found.floor && found.floor.code !== page.floor)
        parts.push(
          element("p", {}, element("a", { class: "button", href: `/floors/${found.floor.code}?person=${person.id}` }, t("Show on the map"))),
        );
    }
    if (!person.me) parts.push(element("p", { class: "hint" }, t("This look-up is visible to them.")));
    this.show(...parts);
    title.focus();
    this.onShow(person, found.portal);
  }

  way(found, zone) {
    const centre = found.zone && found.zone.centre ? found.zone.centre : found.zone && this.zoneCentre(found.zone.code);
    if (!found.portal || !centre || found.person.me) return "";
    const floor = floorName(found.floor.code);
    return t("Take the lift to %(floor)s; on the plan, %(zone)s is %(direction)s the lift.", {
      floor,
      zone,
      direction: direction(centre, found.portal),
    });
  }

  show(...parts) {
    const close = element("button", { type: "button", class: "button button--text button--small person-card__close", onclick: () => this.close() }, t("Close"));
    this.host.replaceChildren(close, ...parts);
    this.host.setAttribute("aria-labelledby", "card-title");
    this.host.hidden = false;
  }

  close() {
    if (this.host.hidden) return;
    this.host.hidden = true;
    this.person = null;
    this.onClose();
    if (this.opener?.isConnected) this.opener.focus();
  }
}

/** The name with its reading over it. */
function ruby(person) {
  if (!person.kana || person.kana === person.name) return person.name;
  return element("ruby", {}, person.name, element("rt", {}, person.kana));
}
