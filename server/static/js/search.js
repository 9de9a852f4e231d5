// The search box of every page: people, units, numbers and places, and what Enter opens.

import { Combobox } from "./combobox.js";
import { element, setText } from "./dom.js";
import { clearWhenLeft } from "./kiosk.js";
import { onKey, switchWith } from "./shortcut.js";

const DEBOUNCE_MS = 60; // between two keys of somebody who types fast; the slower half sees each letter's results
const PAUSE_MS = 400; // of typing, after which places are asked for and the number of results is said
const SLOW_MS = 300; // until then nothing says that it takes long
const LIMIT = 8;

export class SearchBox extends Combobox {
  /** form  of templates/search.html */
  constructor(form) {
    const words = JSON.parse(form.querySelector("script").textContent);
    super(form.querySelector("input"), words.Results);
    this.form = form;
    this.words = words;
    this.results = [];
    this.shown = null; // the query whose results are in the list
    form.append(this.popup, this.said);
    this.input.addEventListener("focus", () => this.query && this.shown === this.query && this.open());
    form.addEventListener("submit", (event) => (!this.query || this.isComposing) && event.preventDefault());
  }

  t(sentence, values = {}) {
    return (this.words[sentence] ?? sentence).replace(/%\((\w+)\)s/g, (whole, name) => values[name] ?? whole);
  }

  /** The text has changed: ask in a moment, unless it is what the list already shows. */
  typed() {
    const query = this.query;
    if (query === this.asked) return;
    this.forget();
    this.asked = query;
    setText(this.said, "");
    if (!query) {
      this.results = [];
      this.shown = null;
      this.draw();
      this.close();
      return;
    }
    this.typing = setTimeout(() => this.ask(query), DEBOUNCE_MS);
    this.pause = setTimeout(() => this.paused(query), PAUSE_MS);
  }

  forget() {
    super.forget();
    for (const timer of [this.typing, this.pause, this.slow]) clearTimeout(timer);
    this.asked = null;
    this.isPaused = this.opensFirst = false;
  }

  async ask(query, { place = 0 } = {}) {
    if (!place) this.slow = setTimeout(() => this.tell(this.t("Searching …")), SLOW_MS);
    const found = await this.search({ q: query, limit: LIMIT, place });
    if (!found) return;
    clearTimeout(this.slow);
    if ("error" in found) {
      if (!place) this.failed(found.error || this.t("The server cannot be reached. Please try again in a moment.")); // names are there already; places come with the next letter
      return;
    }
    this.show(query, found);
    if (this.opensFirst) this.choose(0);
    else if (!place && this.isPaused) this.paused(query);
  }

  /** Typing has paused: say how many were found, and ask for their places. */
  paused(query) {
    this.isPaused = true;
    if (this.shown !== query) return; // the answer is on its way, and comes here again
    this.announce();
    if (this.results.some((one) => one.kind === "person")) this.ask(query, { place: 1 });
  }

  failed(sentence) {
    this.results = [];
    this.shown = null;
    this.asked = null; // the same letters may be tried again
    this.draw();
    this.tell(sentence);
    setText(this.said, sentence);
    if (this.opensFirst) this.form.submit(); // the page without a script says what is the matter
  }

  show(query, { results, more }) {
    const was = this.shown === query ? this.results.map(key).join() : null;
    this.results = grouped(results);
    this.more = more;
    this.shown = query;
    if (was === this.results.map(key).join()) this.addPlaces();
    else this.draw();
    if (!results.length) this.tell(this.t("Nothing was found for “%(query)s”.", { query }), this.t("Another spelling, part of the name, or a section’s name may help."));
    else this.tell("");
    performance.clearMarks("search-shown");
    performance.mark("search-shown", { detail: query }); // benchmarks/keystroke.py waits for it
  }

  announce() {
    const n = this.results.length;
    if (!n) setText(this.said, this.note.textContent);
    else if (this.more) setText(this.said, this.t("%(n)s results, and %(more)s more", { n, more: this.more }));
    else setText(this.said, n === 1 ? this.t("1 result") : this.t("%(n)s results", { n }));
  }

  draw() {
    this.fill(() => {
      const groups = [];
      let group = null;
      for (const one of this.results) {
        if (group?.dataset.kind !== one.kind) groups.push((group = this.group(one.kind)));
        group.append(this.option(row(one, this)));
      }
      if (this.results.length && this.more) {
        const all = element("span", {}, this.t("Show all results (%(n)s more)", { n: this.more }));
        groups.push(this.option([all], "finder__option--all"));
      }
      return groups;
    });
  }

  /** The same rows, with places now: nothing moves under the pointer. */
  addPlaces() {
    this.results.forEach((one, at) => {
      const now = place(one, this);
      const there = this.options[at].querySelector(".finder__place");
      if (there && now) there.replaceWith(now);
      else if (now) this.options[at].lastElementChild.append(now);
    });
  }

  group(kind) {
    const id = `${this.list.id}-${kind}`;
    const heading = element("div", { id, class: "finder__kind", role: "presentation" }, this.t(KINDS[kind] ?? kind));
    return element("div", { role: "group", "aria-labelledby": id, "data-kind": kind }, heading);
  }

  /** A sentence under the list, or instead of it; nothing hides it. */
  tell(sentence, hint = "") {
    this.note.hidden = !sentence;
    this.note.replaceChildren(sentence, ...(hint ? [element("span", { class: "finder__hint" }, hint)] : []));
    if (sentence || this.results.length) this.open();
  }

  reopen() {
    if (this.options.length) this.open();
  }

  escaped(event) {
    event.preventDefault();
    if (!this.popup.hidden) this.close();
    else this.clear();
  }

  /** Enter opens what is chosen, else the first result, which may still be on its way. */
  entered(event) {
    const query = this.query;
    if (!query) return event.preventDefault();
    if (this.shown !== query) {
      if (this.asked !== query) return; // nothing is on its way: the form asks the server for a page
      event.preventDefault();
      this.opensFirst = true;
      return;
    }
    if (!this.results.length) return event.preventDefault();
    event.preventDefault();
    this.choose(Math.max(0, this.at));
  }

  choose(at, click = null) {
    this.opensFirst = false;
    const one = this.results[at];
    if (!one && !this.options[at]) return;
    const href = one ? one.href : `${this.form.action}?${new URLSearchParams({ q: this.shown })}`;
    if (click?.ctrlKey || click?.metaKey) window.open(href);
    else location.assign(href);
  }

  clear() {
    this.input.value = "";
    this.typed();
  }
}

const KINDS = { person: "Staff", unit: "Units", extension: "Extensions", zone: "Zones", seat: "Seats" };

/** Results of one kind together, kinds in the order of their best result. */
function grouped(results) {
  const kinds = new Map();
  for (const one of results) kinds.set(one.kind, [...(kinds.get(one.kind) ?? []), one]);
  return [...kinds.values()].flat();
}

const key = (one) => `${one.kind} ${one.id}`;

/** The parts of a row: who or what; the number to ring, and where somebody is. */
function row(one, box) {
  const kana = one.ruby && one.ruby !== one.title ? element("span", { class: "finder__kana" }, one.ruby) : null;
  const name = element("span", { class: "finder__name" }, element("span", { class: "finder__title" }, one.title), kana);
  const who = element("span", { class: "finder__who" }, name, one.detail ? element("span", { class: "finder__detail" }, one.detail) : null);
  return [who, element("span", { class: "finder__reach" }, number(one, box), place(one, box))];
}

function number(one, box) {
  if (one.kind === "extension" || !(one.number || one.outside_number)) return null;
  const label = element("span", { class: "finder__label" }, box.t(one.number ? "Extension" : "Outside line"));
  return element("span", { class: "finder__number" }, label, one.number || one.outside_number);
}

function place(one, box) {
  if (!one.place?.text) return null;
  const when = howOld(one.place, box);
  const isQuiet = one.place.state === "away" || one.place.state === "hidden";
  return element("span", { class: `finder__place${isQuiet ? " finder__place--quiet" : ""}` }, one.place.text, when ? element("span", { class: "finder__age" }, ` · ${when}`) : null);
}

/** "beacon, 20 s ago", "booked"; nothing when neither is told. */
function howOld({ source, age_s }, box) {
  if (source === "check_in") return box.t("checked in");
  if (source === "booking") return box.t("booked");
  if (age_s === null) return "";
  return source === "beacon" ? box.t("beacon, %(age)s", { age: age(age_s, box) }) : age(age_s, box);
}

/** In the map's words and steps. */
function age(age_s, box) {
  if (age_s < 10) return box.t("just now");
  if (age_s < 60) return box.t("%(n)s s ago", { n: Math.floor(age_s / 10) * 10 });
  return box.t("%(n)s min ago", { n: Math.floor(age_s / 60) });
}

const form = document.querySelector("[data-finder]");
if (form) {
  const box = new SearchBox(form);
  onKey("/", () => {
    box.input.focus();
    box.input.select();
  });
}
const checkbox = document.getElementById("shortcut");
if (checkbox) switchWith(checkbox);
if ("kiosk" in document.body.dataset) clearWhenLeft();
