// The bar of a day: what of a seat is free, in quarter hours.

import { element, t } from "./page.js";
import { clock } from "./seats-day.js";

const HOUR = 60;

/**
 * Draw the bar of a seat.
 *
 *   taken           [{from, to, state}]
 *   free            [[from, to], …] within the bar, which can be chosen with one press
 *   chosen          [from, to]
 *   range           [from, to] of the bar
 *   now             minutes, null on another day
 *   onStretch([from, to])
 */
export function drawBar(host, { taken, free, chosen, range, now, onStretch }) {
  const [start, end] = range;
  const share = (minutes) => `${((Math.min(end, Math.max(start, minutes)) - start) / (end - start)) * 100}%`;
  const place = (node, from, to) => {
    node.style.left = share(from);
    node.style.width = `calc(${share(to)} - ${share(from)})`;
    return node;
  };
  const focused = host.contains(document.activeElement) ? document.activeElement.dataset.stretch : null;
  const track = element("div", { class: "day-bar__track" });
  for (let at = start; at < end; at += 15)
    if (at > start) track.append(tick(share(at), at % HOUR === 0));
  for (const [from, to] of free)
    track.append(
      place(
        element("button", {
          type: "button",
          class: "day-bar__free",
          "data-stretch": `${from}-${to}`,
          "aria-label": t("Free %(from)s to %(to)s: choose this time", { from: clock(from), to: clock(to) }),
          title: `${clock(from)}–${clock(to)}`,
          onclick: () => onStretch([from, to]),
        }),
        from,
        to,
      ),
    );
  for (const one of taken.filter(({ from, to }) => from < end && to > start))
    track.append(place(element("span", { class: `day-bar__taken day-bar__taken--${one.state}`, "aria-hidden": "true" }), one.from, one.to));
  if (chosen[1] > start && chosen[0] < end) track.append(place(element("span", { class: "day-bar__chosen", "aria-hidden": "true" }), ...chosen));
  if (now !== null && now > start && now < end) {
    const mark = element("span", { class: "day-bar__now", "aria-hidden": "true" });
    mark.style.left = share(now);
    track.append(mark);
  }
  const hours = element("div", { class: "day-bar__hours", "aria-hidden": "true" });
  for (let hour = Math.ceil(start / HOUR); hour * HOUR <= end; hour += 1) {
    const label = element("span", {}, String(hour));
    label.style.left = share(hour * HOUR);
    hours.append(label);
  }
  host.replaceChildren(track, hours);
  if (focused) host.querySelector(`[data-stretch="${focused}"]`)?.focus({ preventScroll: true });
}

function tick(left, isHour) {
  const node = element("span", { class: isHour ? "day-bar__tick day-bar__tick--hour" : "day-bar__tick", "aria-hidden": "true" });
  node.style.left = left;
  return node;
}
