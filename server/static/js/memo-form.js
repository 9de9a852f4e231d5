// Taking a call down while on the phone: whom it is for by typing, saving without leaving the page when it fails.

import { Combobox } from "./combobox.js";
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
  const corrected = form.dataset.memo; // its id; none when it is a new one
  const answer = await fetch(corrected ? `/api/v1/memos/${corrected}` : "/api/v1/memos", {
    method: corrected ? "PUT" : "POST",
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
const ASKED = 20; // the search also finds numbers and places, which are nobody to take a call for

class Whom extends Combobox {
  constructor(host) {
    const select = host.querySelector("select");
    const label = host.querySelector("label");
    const box = element("input", { id: "whom", class: "search", autocomplete: "off", spellcheck: "false", placeholder: host.dataset.hint });
    super(box, label.textContent);
    this.words = host.dataset;
    this.near = [...select.options].filter((one) => one.value).map((one) => ({ value: one.value, label: one.textContent, note: "" }));
    this.chosen = element("input", { type: "hidden", name: "to", value: select.value });
    box.value = select.value ? select.selectedOptions[0].textContent : "";
    const wanted = select.autofocus || document.activeElement === select;
    for (const name of ["aria-invalid", "aria-describedby"]) if (select.hasAttribute(name)) box.setAttribute(name, select.getAttribute(name));
    label.htmlFor = box.id;
    select.replaceWith(box, this.popup, this.chosen, this.said);
    box.addEventListener("focus", () => box.value === "" && this.show(this.near.slice(0, LIMIT)));
    if (wanted) box.focus();
  }

  async typed() {
    this.forget();
    this.chosen.value = "";
    this.takesOnly = false;
    const text = this.query;
    const near = this.near.filter((one) => one.label.includes(text)).slice(0, LIMIT);
    this.show(near, !text); // until the search has answered
    if (!text) return;
    const found = await this.search({ q: text, limit: ASKED });
    if (!found || document.activeElement !== this.input) return;
    this.show(found.results ? recipients(found).slice(0, LIMIT) : near);
    if (this.takesOnly && this.found.length === 1) this.choose(0);
  }

  show(found, isAnswer = true) {
    this.isAnswer = isAnswer;
    this.found = found;
    this.fill(() => found.map((one) => this.option(row(one))));
    const none = isAnswer && this.query && !found.length ? this.words.none : "";
    if (isAnswer) this.said.textContent = found.length ? this.words.found.replace("%(n)s", found.length) : none;
    this.note.textContent = none;
    this.note.hidden = !none;
    this.open();
    if (isAnswer && this.query) this.mark(0);
  }

  reopen() {
    this.typed();
  }

  entered(event) {
    if (this.chosen.value) return; // Enter saves
    event.preventDefault();
    if (this.isOpen && this.at >= 0) this.choose(this.at);
    else this.takesOnly = !this.isAnswer; // who types fast means the one whose name is on its way
  }

  escaped(event) {
    if (this.popup.hidden) return;
    event.stopPropagation();
    this.close();
  }

  left() {
    if (this.isOpen && this.at >= 0) this.take(this.found[this.at]);
  }

  choose(at) {
    this.take(this.found[at]);
    document.getElementById("caller").focus();
  }

  take(one) {
    this.forget();
    this.chosen.value = one.value;
    this.input.value = one.note ? `${one.label}（${one.note}）` : one.label;
    this.close();
  }
}

/** The people and sections among what the search found. */
function recipients({ results }) {
  const wanted = results.filter((one) => one.kind === "person" || one.kind === "unit");
  return wanted.map((one) => ({ value: `${one.kind}:${one.id}`, label: one.title, note: one.detail ?? "" }));
}

function row(one) {
  const note = one.note ? element("span", { class: "finder__detail" }, one.note) : null;
  return [element("span", { class: "finder__who" }, element("span", { class: "finder__title" }, one.label), note)];
}

const host = document.getElementById("memo-to");
if (host) new Whom(host);
