// A replayed recording on the plan: where the tag really went, and what its radio was taken for.

import { byId, element, setText, t } from "./page.js";
import { nowS } from "./say.js";

export class Replay {
  constructor(map) {
    this.map = map;
  }

  /** path as in the snapshot, null when no recording is replayed here. */
  set(path) {
    const drawing = JSON.stringify(path);
    if (drawing === this.drawing) return;
    this.drawing = drawing;
    for (const layer of this.layers ?? []) layer.remove();
    this.layers = [];
    this.path = path;
    clearInterval(this.timer);
    if (!path) return;
    const line = (points, className) =>
      L.polyline(points.map(([, x, y]) => this.map.at([x, y])), { className, interactive: false }).addTo(this.map.map);
    const mark = (kind) =>
      L.marker([0, 0], {
        icon: L.divIcon({ className: `path-mark ${kind}`, iconSize: [18, 18] }),
        interactive: false,
        keyboard: false,
        zIndexOffset: 1000,
      }).addTo(this.map.map);
    this.really = line(path.points, "path-true");
    this.guessed = line([], "path-estimate");
    this.reallyMark = mark("path-mark--true");
    this.guessedMark = mark("path-mark--estimate");
    this.layers = [this.really, this.guessed, this.reallyMark, this.guessedMark];
    this.legend();
    this.timer = setInterval(() => this.draw(), 250);
    this.draw();
  }

  draw() {
    const { points, estimate, started_at, track } = this.path;
    const total = Math.max(points.at(-1)?.[0] ?? 0, estimate.at(-1)?.[0] ?? 0);
    const t_s = started_at === null ? -1 : nowS() - started_at;
    const runs = t_s >= 0 && t_s <= total + 2;
    for (const marker of [this.reallyMark, this.guessedMark]) marker.setOpacity(runs ? 1 : 0);
    const note = byId("somewhere-note");
    note.hidden = false;
    if (!runs) {
      setText(note, t("The recording begins again in a moment."));
      return;
    }
    setText(note, t("Recorded walk %(track)s, %(t)s s of %(total)s s", { track, t: Math.floor(t_s), total: Math.ceil(total) }));
    if (points.length) this.reallyMark.setLatLng(this.map.at(between(points, t_s)));
    else this.reallyMark.setOpacity(0);
    const known = estimate.filter(([at]) => at <= t_s);
    this.guessed.setLatLngs(known.map(([, x, y]) => this.map.at([x, y])));
    if (known.length) this.guessedMark.setLatLng(this.map.at(known.at(-1).slice(1)));
    else this.guessedMark.setOpacity(0);
  }

  legend() {
    const legend = byId("legend");
    if (legend.querySelector(".path-mark")) return;
    legend.append(
      element("li", {}, element("span", { class: "path-mark path-mark--true", "aria-hidden": "true" }), t("True path")),
      element("li", {}, element("span", { class: "path-mark path-mark--estimate", "aria-hidden": "true" }), t("Estimate")),
    );
  }
}

/** The point of a path at a time, on the straight line between its neighbours. */
export function between(points, t_s) {
  let i = points.findIndex(([at]) => at >= t_s);
  if (i === -1) i = points.length - 1;
  const [t1, x1, y1] = points[i];
  if (i === 0) return [x1, y1];
  const [t0, x0, y0] = points[i - 1];
  const share = t1 > t0 ? Math.min(1, (t_s - t0) / (t1 - t0)) : 1;
  return [x0 + share * (x1 - x0), y0 + share * (y1 - y0)];
}
