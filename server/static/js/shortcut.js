// Single-key shortcuts, which may be in the way of speech input: whoever does not want them says so (WCAG 2.2, 2.1.4).

const STORED = "shortcut"; // in this browser
const TYPING = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

export const areOn = () => localStorage.getItem(STORED) !== "off";

/** Call `act` when the key is pressed by itself, outside of fields. */
export function onKey(key, act) {
  addEventListener("keydown", (event) => {
    const isAlone = event.key === key && !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing;
    if (!isAlone || event.defaultPrevented || !areOn() || event.target.closest?.(TYPING)) return;
    event.preventDefault();
    act();
  });
}

/** Let a checkbox switch them off and on again. */
export function switchWith(checkbox) {
  checkbox.checked = areOn();
  checkbox.addEventListener("change", () => localStorage.setItem(STORED, checkbox.checked ? "on" : "off"));
}
