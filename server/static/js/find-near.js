// "Near a colleague": one box that searches, in the place of a list and a field, which work without a script.

import { Combobox } from "./combobox.js";
import { element } from "./dom.js";

const LIMIT = 8;
const ASKED = 20; // the search also finds sections, numbers and places, which nobody sits near

class Colleague extends Combobox {
  constructor(host) {
    const select = host.querySelector("select");
    const box = host.querySelector("input");
    const label = host.querySelector("label");
    super(box, label.textContent);
    this.words = host.dataset;
    this.near = [...select.options].filter((one) => one.value).map((one) => ({ id: one.value, label: one.textContent, note: "" }));
    this.chosen = element("input", { type: "hidden", name: select.name, value: select.value });
    if (select.value) box.value = select.selectedOptions[0].textContent;
    box.placeholder = host.dataset.hint;
    box.classList.add("search");
    label.htmlFor = box.id;
    box.closest(".field").replaceWith(this.popup);
    select.replaceWith(box);
    host.append(this.chosen, this.said);
    this.takes(select.value);
    box.addEventListener("focus", () => box.value === "" && this.show(this.near.slice(0, LIMIT), false));
  }

  /** Who is chosen is sent by id; a name that was only typed is sent as it stands, and the server looks whose it is. */
  takes(id) {
    this.chosen.value = id;
    if (id) this.input.removeAttribute("name");
    else this.input.name = "who";
  }

  async typed() {
    this.forget();
    this.takes("");
    const text = this.query;
    this.show(this.near.filter((one) => one.label.includes(text)).slice(0, LIMIT), false); // until the search has answered
    if (!text) return;
    const found = await this.search({ q: text, limit: ASKED });
    if (!found?.results || document.activeElement !== this.input) return;
    const people = found.results.filter((one) => one.kind === "person");
    this.show(people.slice(0, LIMIT).map((one) => ({ id: String(one.id), label: one.title, note: one.detail ?? "" })), true);
  }

  show(found, isAnswer) {
    this.found = found;
    this.fill(() => found.map((one) => this.option(row(one))));
    const none = isAnswer && !found.length ? this.words.none : "";
    if (isAnswer) this.said.textContent = none || this.words.found.replace("%(n)s", found.length);
    this.note.textContent = none;
    this.note.hidden = !none;
    this.open();
    if (isAnswer) this.mark(0);
  }

  reopen() {
    if (this.chosen.value) this.show(this.near.slice(0, LIMIT), false);
    else this.typed();
  }

  entered(event) {
    if (!this.isOpen || this.at < 0) return; // Enter sends the form
    event.preventDefault();
    this.choose(this.at);
  }

  escaped(event) {
    if (this.popup.hidden) return;
    event.stopPropagation();
    this.close();
  }

  left() {
    if (this.isOpen && this.at >= 0) this.choose(this.at);
  }

  choose(at) {
    const one = this.found[at];
    this.forget();
    this.takes(one.id);
    this.input.value = one.note ? `${one.label}（${one.note}）` : one.label;
    this.close();
  }
}

function row(one) {
  const note = one.note ? element("span", { class: "finder__detail" }, one.note) : null;
  return [element("span", { class: "finder__who" }, element("span", { class: "finder__title" }, one.label), note)];
}

const host = document.getElementById("find-colleague");
if (host) new Colleague(host);
