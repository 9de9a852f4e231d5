// A shared screen forgets what somebody looked at when they have gone.

const LEFT_AFTER_MS = 60_000;
const SIGNS = ["pointerdown", "pointermove", "keydown", "input", "wheel", "touchstart", "scroll"];
const EMPTY = "/find";
const SEATS = "/kiosk/seats"; // a screen that shows seats goes on showing them, those that are free by now

/** Show the empty box again after a minute without any input; on a screen of seats, the free ones of its floor. */
export function clearWhenLeft() {
  let timer;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(clear, LEFT_AFTER_MS);
  };
  for (const sign of SIGNS) addEventListener(sign, wait, { capture: true, passive: true });
  wait();
}

function clear() {
  if (location.pathname === SEATS) {
    location.replace(SEATS);
    return;
  }
  const isEmpty = location.pathname === EMPTY && !location.search && !document.querySelector("[data-finder] input")?.value;
  if (!isEmpty) location.replace(EMPTY); // an empty box that loaded itself again would look like somebody at the keyboard
}
