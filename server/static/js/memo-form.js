// Taking a call down while on the phone: whom it is for by typing, saving without leaving the page when it fails.

import { element } from "./dom.js";

const form = document.getElementById("memo-form");
const error = document.getElementById("memo-error");
const matter = document.getElementById("matter");

matter.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector(".memo-form__end button");
  if (button.disabled) return;
  button.disabled = true;
  try {
    await save();
  } finally {
    button.disabled = false;
  }
});

async function save() {
  const given = Object.fromEntries(new FormData(form));
  const [kind, id] = (given.to ?? "").split(":");
  const memo = { caller: given.caller, number: given.number, matter: given.matter, wish: given.wish, urgency: given.urgency };
  if (id) memo[`${kind}_id`] = Number(id);
  const answer = await fetch("/api/v1/memos", {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": given.csrf_token },
    body: JSON.stringify(memo),
  }).catch(() => null);
  const found = (await answer?.json().catch(() => null)) ?? {};
  if (answer?.ok) location.assign(`${form.dataset.saved}?saved=${found.id}`);
  else refuse(found.message ?? form.dataset.failed, JSON.parse(form.dataset.fields)[found.code]);
}

function refuse(sentence, name) {
  error.textContent = sentence;
  error.hidden = false;
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
  const field = document.getElementById(name === "to" && !document.getElementById("to") ? "whom" : name);
  if (field && name !== "wish") {
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", "memo-error");
    field.focus();
  }
}

// Whom the call was for: a box that searches, in the place of the list that works without a script.

const LIMIT = 8;
const IME_KEY = 229; // keyCode of a key that an input method takes, in browsers that say so after composition has ended

class Whom {
  constructor(host) {
    const select = host.querySelector("select");
    this.words = host.dataset;
    this.near = [...select.options].filter((one) => one.value).map((one) => ({ value: one.value, label: one.textContent, note: "" }));
    this.chosen = element("input", { type: "hidden", name: "to", value: select.value });
    this.box = element("input", {
      id: "whom", class: "search", role: "combobox", autocomplete: "off", spellcheck: "false", placeholder: this.words.hint,
      "aria-expanded": "false", "aria-controls": "whom-list", "aria-autocomplete": "list", "aria-haspopup": "listbox",
    });
    this.list = element("ul", { id: "whom-list", role: "listbox", class: "whom-list", "aria-label": host.querySelector("label").textContent });
    this.list.hidden = true;
    this.said = element("span", { class: "only-spoken", role: "status" });
    this.box.value = select.value ? select.selectedOptions[0].textContent : "";
    const wanted = select.autofocus || document.activeElement === select;
    for (const name of ["aria-invalid", "aria-describedby"]) if (select.hasAttribute(name)) this.box.setAttribute(name, select.getAttribute(name));
    host.querySelector("label").htmlFor = "whom";
    select.replaceWith(this.box, this.list, this.chosen, this.said);
    this.box.addEventListener("input", (event) => event.isComposing || this.ask());
    this.box.addEventListener("compositionend", () => this.ask());
    this.box.addEventListener("focus", () => this.box.value === "" && this.show(this.near.slice(0, LIMIT)));
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => this.click(event)); // before the box loses the focus
    if (wanted) this.box.focus();
  }

  async ask() {
    this.chosen.value = "";
    const text = this.box.value.trim();
    const asked = (this.asked = Symbol(text)); // of two answers the later question's counts
    this.takesOnly = false;
    const near = this.near.filter((one) => one.label.includes(text)).slice(0, LIMIT);
    this.show(near, !text); // until the search has answered
    if (!text) return;
    const answer = await fetch(`/api/v1/search?${new URLSearchParams({ q: text, limit: 20 })}`, { headers: { Accept: "application/json" } }).catch(() => null);
    const found = answer?.ok ? await answer.json().catch(() => null) : null;
    if (asked !== this.asked || document.activeElement !== this.box) return;
    this.show(found ? recipients(found).slice(0, LIMIT) : near);
    if (this.takesOnly && this.options.length === 1) this.choose(this.options[0], true);
  }

  show(options, isAnswer = true) {
    this.isAnswer = isAnswer;
    this.options = options;
    this.list.replaceChildren(...options.map((one, i) => option(one, i)));
    this.list.hidden = options.length === 0;
    this.box.setAttribute("aria-expanded", String(options.length > 0));
    if (isAnswer) this.said.textContent = options.length ? this.words.found.replace("%(n)s", options.length) : this.words.none;
    this.mark(isAnswer && this.box.value ? 0 : -1);
  }

  mark(at) {
    this.at = at;
    [...this.list.children].forEach((row, i) => row.setAttribute("aria-selected", String(i === at)));
    if (this.list.children[at]) this.box.setAttribute("aria-activedescendant", `whom-${at}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  key(event) {
    if (event.isComposing || event.keyCode === IME_KEY) return; // the key belongs to the input method
    const open = !this.list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) return this.ask();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.mark((this.at + step + this.options.length) % this.options.length);
    } else if (event.key === "Enter" && !this.chosen.value) {
      event.preventDefault();
      if (open && this.at >= 0) this.choose(this.options[this.at], true);
      else this.takesOnly = !this.isAnswer; // who types fast means the one whose name is on its way
    } else if (event.key === "Tab" && open && this.at >= 0 && !event.shiftKey) {
      this.choose(this.options[this.at], false);
    } else if (event.key === "Escape" && open) {
      event.stopPropagation();
      this.close();
    }
  }

  click(event) {
    const row = event.target.closest("[role=option]");
    if (!row) return;
    event.preventDefault();
    this.choose(this.options[Number(row.dataset.at)], true);
  }

  choose(one, goOn) {
    this.asked = null;
    this.chosen.value = one.value;
    this.box.value = one.note ? `${one.label}（${one.note}）` : one.label;
    this.close();
    if (goOn) document.getElementById("caller").focus();
  }

  close() {
    this.list.hidden = true;
    this.box.setAttribute("aria-expanded", "false");
    this.box.removeAttribute("aria-activedescendant");
  }
}

/** The people and sections among what the search found. */
function recipients({ results }) {
  const wanted = results.filter((one) => one.kind === "person" || one.kind === "unit");
  return wanted.map((one) => ({ value: `${one.kind}:${one.id}`, label: one.title, note: one.detail ?? "" }));
}

function option(one, at) {
  const row = element("li", { id: `whom-${at}`, role: "option", "data-at": at });
  row.append(element("span", {}, one.label), element("span", { class: "hint" }, one.note));
  return row;
}

const host = document.getElementById("memo-to");
if (host) new Whom(host);
