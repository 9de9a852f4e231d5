// The building beside the page: every floor with how many are there.

import { setText } from "./page.js";

/** Show the counts {code: n} in the links of a tower; the fullest floor sets the scale. */
export function showCounts(tower, counts) {
  const most = Math.max(20, ...Object.values(counts));
  for (const link of tower.querySelectorAll("[data-floor]")) {
    const count = counts[link.dataset.floor];
    if (count === undefined) continue;
    setText(link.querySelector(".tower__count"), String(count));
    link.querySelector(".tower__bar span").style.width = `${(100 * count) / most}%`;
  }
}
