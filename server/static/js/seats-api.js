// What the seats' page asks of the server. Every answer is {…} or {refused: {code, message}}; no answer at all throws.

import { page } from "./page.js";
import { learnClock } from "./say.js";
import { minutes } from "./seats-day.js";

const csrf = () => document.querySelector('meta[name="csrf-token"]').content;
const offsetFormat = new Intl.DateTimeFormat("en-GB", { timeZone: page.timezone, timeZoneName: "longOffset" });

async function ask(method, path, body, headers = {}) {
  const answer = await fetch(`/api/v1${path}`, {
    method,
    headers: { Accept: "application/json", ...(method === "GET" ? {} : { "X-CSRFToken": csrf() }), ...(body ? { "Content-Type": "application/json" } : {}), ...headers },
    body: body ? JSON.stringify(body) : undefined,
  });
  learnClock(answer.headers.get("Date"));
  if (answer.status === 401) {
    location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}&ended=1`);
    return new Promise(() => {}); // the page is being left
  }
  if (answer.ok) return answer.status === 204 ? {} : answer.json();
  const said = await answer.json().catch(() => null);
  if (!said?.message) throw new Error(`status ${answer.status}`);
  return { refused: said };
}

/** An instant of a day on the building's clock, as the server reads it. */
function instant(day, minute) {
  const at = new Date(`${day}T00:00Z`);
  at.setUTCMinutes(minute);
  const text = at.toISOString().slice(0, 19);
  const zone = offsetFormat.formatToParts(at).find(({ type }) => type === "timeZoneName").value.slice(3) || "+00:00";
  return `${text}${zone}`;
}

/** {facts, seats} of a floor's day, as seats-day.js has them. */
export async function readDay(floor, day) {
  const query = day ? `?day=${day}` : "";
  const found = await ask("GET", `/floors/${encodeURIComponent(floor)}/seats${query}`);
  if (found.refused) return found;
  const facts = {
    day: found.day,
    isOpen: found.is_open,
    opens: found.is_open ? minutes(found.opens) : 0,
    closes: found.is_open ? minutes(found.closes) : 1440,
  };
  const seats = found.seats.map(({ x_m, y_m, equipment, stretches, problems = [], ...rest }) => ({
    ...rest,
    problems,
    x: x_m,
    y: y_m,
    has: equipment,
    stretches: stretches.map(({ from, until, state, reason = "", note = "", booking = null, in_use = false, name = "" }) => ({
      from: minutes(from),
      to: minutes(until),
      state: state === "not_available" ? "off" : state,
      sits: in_use,
      reason,
      note,
      booking,
      name,
    })),
  }));
  return { facts, seats };
}

/** Book a seat; a press that is repeated because no answer came books it once. */
export function book(seat_id, { day, from, to, subject = "" }, key) {
  const wish = { seat_id, starts_at: instant(day, from), ends_at: instant(day, to), how: "map", subject };
  return ask("POST", "/bookings", wish, { "Idempotency-Key": key });
}

/** Sit down on a free seat from the quarter that runs: booked and confirmed at once. */
export function take(seat_id, { day, from, to, subject = "" }, key) {
  const wish = { seat_id, starts_at: instant(day, from), ends_at: instant(day, to), sit_down: true, subject };
  return ask("POST", "/bookings", wish, { "Idempotency-Key": key });
}

export const sitDown = (id) => ask("POST", `/bookings/${id}/check-in`);
export const giveBack = (id) => ask("DELETE", `/bookings/${id}`);
export const longer = (id, day, to) => ask("POST", `/bookings/${id}/extend`, { ends_at: instant(day, to) });

/** Another seat or another time; what is not named stays. */
export const change = (id, { seat, day, from, to }) =>
  ask("PATCH", `/bookings/${id}`, { ...(seat ? { seat_id: seat } : {}), starts_at: instant(day, from), ends_at: instant(day, to) });

/** What confirms a booking of mine, as a sentence. */
export const nextOf = (id) => ask("GET", `/bookings/${id}/next`);

/** {responsible, seat} when a seat was refused: who answers for it, and the nearest that works. */
export function nearestAt(seatId, { day, from, to }, movedId) {
  const two = (minute) => `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
  const query = new URLSearchParams({ day, starts: two(from), ends: two(to), ...(movedId ? { booking: movedId } : {}) });
  return ask("GET", `/seats/${seatId}/instead?${query}`);
}
