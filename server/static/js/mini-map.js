// A picture of a floor, 240 by 160, with the zone of one person marked; the plan itself arrives after the card.

import { t } from "./page.js";
import { floorName } from "./say.js";

const WIDTH = 240;
const HEIGHT = 160;

/** A card's answer and the sentence of the place → the picture. */
export function miniMap({ floor, zone }, place) {
  const name = zone ? t("Plan of %(floor)s, %(place)s marked", { floor: floorName(floor.code), place }) : t("Plan of %(floor)s", { floor: floorName(floor.code) });
  const picture = svg("svg", { class: "mini-map", viewBox: `0 0 ${floor.width_m} ${floor.height_m}`, width: WIDTH, height: HEIGHT, role: "img", "aria-label": name });
  if (floor.plan) {
    const { url, x_m, y_m, width_m, height_m } = floor.plan;
    const plan = svg("image", { x: x_m, y: y_m, width: width_m, height: height_m });
    picture.append(plan);
    requestAnimationFrame(() => setTimeout(() => plan.setAttribute("href", url))); // once the card has been painted
  }
  if (zone) picture.append(svg("polygon", { class: "mini-map__zone mini-map__zone--there", points: zone.polygon.map((point) => point.join()).join(" ") }));
  return picture;
}

function svg(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
