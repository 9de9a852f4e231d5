// An editable combobox whose list fills while one types (WAI-ARIA 1.2): its roles, the keys, the input method, and one
// question to the search at a time. What stands in the list, and what choosing does, is told by whoever extends it.

import { element } from "./dom.js";

const SEARCH = "/api/v1/search";
const IME_KEY = 229; // keyCode of a key that an input method takes, in browsers that say so after composition has ended

export class Combobox {
  /** input  the field, with an id; label  what the list is called */
  constructor(input, label) {
    this.input = input;
    this.options = [];
    this.at = -1; // the option that Enter chooses
    this.walks = false; // an arrow has been pressed: Home and End belong to the list
    this.list = element("div", { id: `${input.id}-list`, role: "listbox", "aria-label": label, class: "finder__list", hidden: true });
    this.note = element("p", { class: "finder__note", hidden: true });
    this.popup = element("div", { class: "finder__popup", hidden: true }, this.list, this.note);
    this.said = element("p", { class: "only-spoken", role: "status" });
    const roles = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id };
    for (const [name, value] of Object.entries(roles)) input.setAttribute(name, value);
    input.addEventListener("input", (event) => !event.isComposing && this.typed());
    input.addEventListener("compositionstart", () => this.composes(true));
    input.addEventListener("compositionend", () => this.composes(false));
    input.addEventListener("keydown", (event) => this.pressed(event));
    input.addEventListener("blur", () => this.close());
    this.popup.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the box
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(this.options.indexOf(option), event);
    });
  }

  get query() {
    return this.input.value.trim();
  }

  get isOpen() {
    return !this.popup.hidden && this.options.length > 0;
  }

  /** An input method has begun to make words of keys, or has finished: only finished words are looked for. */
  composes(isComposing) {
    this.isComposing = isComposing;
    if (isComposing) this.forget();
    else this.typed();
  }

  /** What the search finds, or { error }; nothing when something newer was asked or nothing is wanted any more. */
  async search(values) {
    this.request?.abort();
    const request = (this.request = new AbortController());
    const asked = { headers: { Accept: "application/json" }, signal: request.signal };
    const answer = await fetch(`${SEARCH}?${new URLSearchParams(values)}`, asked).catch(() => null);
    const found = await answer?.json().catch(() => null);
    if (request !== this.request) return null;
    this.request = null;
    return answer?.ok && found ? found : { error: found?.message ?? "" };
  }

  /** Nothing that was asked before is wanted any more. */
  forget() {
    this.request?.abort();
    this.request = null;
  }

  /** An option for the list, which fill() shows. */
  option(parts, className = "") {
    const made = element("div", { id: `${this.list.id}-${this.options.length}`, role: "option", "aria-selected": "false", class: `finder__option ${className}` }, ...parts);
    this.options.push(made);
    return made;
  }

  /** Show what make() returns: the options it has made with option(), perhaps in groups. */
  fill(make) {
    this.options = [];
    this.at = -1;
    this.walks = false;
    this.input.removeAttribute("aria-activedescendant");
    this.list.replaceChildren(...make());
    this.list.hidden = !this.options.length;
  }

  /** Unless somebody has gone on to something else. */
  open() {
    if (document.activeElement !== this.input) return;
    this.popup.hidden = this.list.hidden && this.note.hidden;
    this.input.setAttribute("aria-expanded", String(this.isOpen));
  }

  close() {
    this.popup.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.mark(-1);
  }

  mark(at) {
    this.options[this.at]?.setAttribute("aria-selected", "false");
    this.at = at;
    const option = this.options[at];
    if (!option) {
      this.walks = false;
      this.input.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    this.input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  pressed(event) {
    if (event.isComposing || event.keyCode === IME_KEY) {
      if (event.key === "Enter") event.preventDefault(); // it takes the word and sends no form
      return; // the key belongs to the input method
    }
    const last = this.options.length - 1;
    const moves = {
      ArrowDown: () => (this.at < last ? this.at + 1 : 0),
      ArrowUp: () => (this.at > 0 ? this.at - 1 : last),
      Home: () => (this.walks ? 0 : null),
      End: () => (this.walks ? last : null),
    };
    if (event.key in moves && !event.shiftKey && !event.altKey) this.move(event, moves[event.key]);
    else if (event.key === "Enter") this.entered(event);
    else if (event.key === "Escape") this.escaped(event);
    else if (event.key === "Tab" && !event.shiftKey) this.left();
  }

  move(event, next) {
    const isArrow = event.key.startsWith("Arrow");
    if (this.isOpen) {
      const at = next();
      if (at === null) return;
      event.preventDefault();
      this.mark(at);
      this.walks = true;
    } else if (isArrow) {
      event.preventDefault();
      this.reopen();
    }
  }

  left() {} // with Tab: nothing is chosen
}
