// One line that says how current the page is.

import { setText, t } from "./page.js";
import { clock, clockWithSeconds } from "./say.js";

const SENTENCES = [
  ["database", "The database cannot be reached. Shown as of %(time)s."],
  ["background", "The sensors cannot be reached. Shown as of %(time)s."],
  ["broker", "The sensors cannot be reached. Shown as of %(time)s."],
];

/** Show a status of Live in the line; floor is the page's floor code, null on the start page. */
export function showStatus(line, { as_of, stale, reasons, reachable, paused }, floor) {
  if (as_of === null) {
    if (!reachable) setLine(line, "live--stale", t("It could not be loaded. Please try again in a moment."));
    return;
  }
  const time = clock(as_of);
  if (paused) return setLine(line, "live--paused", t("Updates paused, %(time)s", { time }));
  if (!reachable) return setLine(line, "live--stale", t("Cannot reach the server. Shown as of %(time)s.", { time }));
  if (stale) return setLine(line, "live--stale", sentence(reasons, time, floor));
  line.className = "live";
  const said = line.querySelector("time") ?? line.appendChild(document.createElement("time"));
  if (line.firstChild !== said) line.replaceChildren(said);
  setText(said, t("Live, %(time)s", { time: clockWithSeconds(as_of) }));
  said.setAttribute("aria-hidden", "true"); // a clock that ticks is not news
}

function sentence(reasons, time, floor) {
  for (const [reason, text] of SENTENCES) if (reasons.includes(reason)) return t(text, { time });
  if (floor && reasons.includes(`receivers:${floor}`)) return t("Receivers on this floor are silent. Locations may be old.");
  if (reasons.some((reason) => reason.startsWith("receivers:"))) return t("Some receivers are silent. Locations may be old.");
  return t("Shown as of %(time)s", { time });
}

function setLine(line, kind, text) {
  line.className = `live ${kind}`;
  setText(line, text);
}
