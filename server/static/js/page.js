// What the page was served with: its facts, its sentences, its language.

export { element, setText, syncRows } from "./dom.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);

export const page = read("page");
const words = read("words");

export const language = document.documentElement.lang;

/** The sentence in the reader's language, with %(name)s filled in. */
export function t(sentence, values = {}) {
  const text = words[sentence] ?? sentence;
  return text.replace(/%\((\w+)\)s/g, (whole, name) => values[name] ?? whole);
}

/** The Japanese or English form of something that has both. */
export const inLanguage = (japanese, english) => (language === "en" && english ? english : japanese);

export const byId = (id) => document.getElementById(id);
