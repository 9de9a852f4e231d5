// What others see with the choices in the form, before they are saved.

const { sentences, levels, reads } = JSON.parse(document.getElementById("preview").textContent);
const form = document.querySelector("#visibility form");
const chosen = (audience, signal) => form.querySelector(`[data-audience="${audience}"] [data-signal="${signal}"]`).value;

/** What an audience reads in the end: nobody sees less for being closer than everybody else. */
function effective(audience, signal) {
  const own = chosen(audience, signal);
  if (audience === "kiosk") return own;
  const everyone = chosen("everyone", signal);
  return levels.indexOf(own) > levels.indexOf(everyone) ? own : everyone;
}

form.addEventListener("change", () => {
  for (const { dataset } of form.querySelectorAll("[data-audience]")) {
    const line = document.getElementById(`now-${dataset.audience}`);
    const text = reads.replace("%(place)s", sentences[effective(dataset.audience, "beacon")][effective(dataset.audience, "booking")]);
    if (line.textContent !== text) line.textContent = text;
  }
});
