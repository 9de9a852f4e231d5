// The card of one person. Opening it is a look-up by name, which the person can see.

import { miniMap } from "./mini-map.js";
import { element, inLanguage, page, t } from "./page.js";
import { beside, claimed, floorName, source, sureness, whereabouts } from "./say.js";

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
   *   isOverMap()    whether the plan of this page's floor is in sight beside it
   *   onCentre(person)  bring a person of this page's floor to the middle of the plan
   *   onShow(person, portal), onClose
   */
  constructor({ host, screen, zoneCentre = () => null, isOverMap = () => false, onCentre = () => {}, onShow = () => {}, onClose = () => {} }) {
    Object.assign(this, { host, screen, zoneCentre, isOverMap, onCentre, onShow, onClose });
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
    const parts = [title, ...posts(found), ...this.where(found), ...actions(found)];
    if (!person.me) parts.push(element("p", { class: "hint" }, t("This look-up is visible to them.")));
    this.show(...parts.filter(Boolean));
    title.focus();
    this.onShow(person, found.portal);
  }

  where(found) {
    const { person } = found;
    const said = beside(person);
    const status = said && element("p", {}, element("span", { class: "status-said" }, said));
    if (found.hidden)
      return [
        element("p", { class: "person-card__place" }, t("Location not shown")),
        status,
        element("p", { class: "hint" }, t("This person’s location is not shown. That can have any reason.")),
      ];
    const zoneName = () => (found.zone ? inLanguage(found.zone.name, found.zone.name_en) : "");
    const isClaim = person.source === "booking" || person.source === "check_in";
    const how = [sureness(person), isClaim ? claimed(found) : source(person)].filter(Boolean).join(" · ");
    const way = this.way(found, zoneName());
    const isBeside = found.floor?.code === page.floor && this.isOverMap();
    const place = whereabouts(person, zoneName);
    return [
      element("p", { class: "person-card__place" }, isBeside ? this.toMap(found, {}, place) : place),
      element("p", { class: "hint" }, how),
      status,
      found.sensors_down && element("p", { class: "hint" }, t("The sensors cannot be reached, so this may be old.")),
      found.floor && !isBeside && this.toMap(found, { class: "mini-map__link" }, miniMap(found, place), element("span", {}, t("Show on the map"))),
      way && element("p", {}, way),
    ];
  }

  /** A link to the floor with the person in the middle; on that floor's own page nothing is loaded again. */
  toMap({ person, floor }, properties, ...children) {
    const onclick = (event) => {
      if (floor.code !== page.floor || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.onCentre(person);
    };
    return element("a", { ...properties, href: `/floors/${encodeURIComponent(floor.code)}?person=${person.id}`, onclick }, ...children);
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

/** Where somebody belongs, the primary post first, and what they do there. */
function posts(found) {
  return found.posts.map((post) =>
    element(
      "p",
      { class: "person-card__unit" },
      [inLanguage(post.unit_path, post.unit_path_en).slice(-2).join(" "), post.title].filter(Boolean).join("　"),
      post.duties ? element("span", { class: "person-card__duties" }, post.duties) : null,
    ),
  );
}

/** What a reader does next, as verbs. */
function actions({ person, numbers }) {
  const [first] = numbers;
  const made = [
    first && element("a", { class: "button", href: `tel:${first.number}` }, t("Call %(number)s", { number: first.number })),
    !person.me && element("a", { class: "button button--quiet", href: `/memos/new?for=${person.id}` }, t("Leave a call memo")),
    element("a", { class: "button button--text", href: `/people/${person.id}` }, t("All numbers and posts")),
  ];
  return [element("div", { class: "buttons person-card__actions" }, ...made.filter(Boolean))];
}
