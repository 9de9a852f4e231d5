// The header's list of lengths closes by itself when one turns elsewhere; without a script it closes where it opened.

const more = document.querySelector(".pause__more");

more.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !more.open) return;
  more.open = false;
  more.querySelector("summary").focus();
});
more.addEventListener("focusout", (event) => event.relatedTarget && !more.contains(event.relatedTarget) && (more.open = false));
addEventListener("pointerdown", (event) => more.contains(event.target) || (more.open = false));
