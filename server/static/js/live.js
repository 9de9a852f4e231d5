// Keeps a page current: snapshot, then events; says honestly from when what is shown is.

import { learnClock, nowS } from "./say.js";

const SNAPSHOT_EVERY_MS = 60_000;
const DEAD_AFTER_MS = 40_000; // the server says its status every 15 s
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 30_000;
const REMEMBERED = 2_000; // events kept for the snapshot that may have been overtaken by them

/**
 * Follow a snapshot and its stream.
 *
 *   snapshotUrl, streamUrl
 *   onSnapshot(snapshot)  the whole truth; replaces what was there
 *   onPerson(person)      the latest of one person; {id, gone: true} when no longer here
 *   onCounts(counts), onHeard({id: heard_at})
 *   onSeats()             seats have changed, or may have while nothing was heard; may be missing
 *   onStatus({as_of, stale, reasons, reachable})
 */
export class Live {
  constructor({ snapshotUrl, streamUrl, onSnapshot, onPerson, onCounts, onHeard, onSeats = () => {}, onStatus }) {
    Object.assign(this, { snapshotUrl, streamUrl, onSnapshot, onPerson, onCounts, onHeard, onSeats, onStatus });
    this.status = { as_of: null, stale: false, reasons: [], reachable: true };
    this.recent = [];
    this.paused = false;
    this.retry_ms = FIRST_RETRY_MS;
    this.heard_ms = 0;
  }

  start() {
    this.connect();
    this.read();
    this.timer = setInterval(() => this.read(), SNAPSHOT_EVERY_MS);
    this.watchdog = setInterval(() => this.watch(), 2_000);
    addEventListener("pagehide", () => this.close());
    addEventListener("pageshow", (event) => event.persisted && this.connect());
    addEventListener("online", () => this.reconnect(0));
    addEventListener("offline", () => this.lost());
  }

  /** Stop showing what arrives; the stream stays open, and resuming reads everything anew. */
  setPaused(paused) {
    this.paused = paused;
    if (!paused) this.read();
    this.tell();
  }

  connect() {
    this.close();
    clearTimeout(this.again);
    const stream = new EventSource(this.streamUrl);
    this.stream = stream;
    this.heard_ms = Date.now();
    const on = (kind, act) =>
      stream.addEventListener(kind, (event) => {
        if (stream !== this.stream) return;
        this.heard_ms = Date.now();
        this.alive();
        act(JSON.parse(event.data), Number(event.lastEventId) || 0);
      });
    stream.addEventListener("open", () => {
      if (stream !== this.stream) return;
      this.alive();
      this.retry_ms = FIRST_RETRY_MS;
      this.read();
    });
    on("person", (person, id) => {
      this.recent.push([id, person]);
      if (this.recent.length > REMEMBERED) this.recent.shift();
      if (!this.paused) this.onPerson(person);
    });
    on("counts", (counts) => this.paused || this.onCounts(counts));
    on("heard", (heard) => this.paused || this.onHeard(heard.heard));
    on("seats", () => this.paused || this.onSeats());
    on("status", (status) => this.take(status));
    on("reload", () => this.read());
    on("bye", ({ why }) => {
      if (why !== "session") return;
      this.close();
      location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}&ended=1`);
    });
    stream.addEventListener("error", () => {
      if (stream !== this.stream) return;
      this.lost();
      if (stream.readyState !== EventSource.CLOSED) return; // the browser tries again
      this.reconnect(this.retry_ms);
      this.read(); // refused: a stream does not tell why, the snapshot does
    });
  }

  /** The server has answered. */
  alive() {
    if (!this.status.reachable) {
      this.status = { ...this.status, reachable: true };
      this.tell();
    }
  }

  lost() {
    if (this.status.reachable) {
      this.status = { ...this.status, reachable: false };
      this.tell();
    }
  }

  reconnect(after_ms) {
    clearTimeout(this.again);
    this.again = setTimeout(() => this.connect(), after_ms * (0.5 + Math.random()));
    this.retry_ms = Math.min(LONGEST_RETRY_MS, this.retry_ms * 2);
  }

  /** A stream that says nothing for longer than it may (its status comes every 15 s) is dead. */
  watch() {
    if (this.stream && Date.now() - this.heard_ms > DEAD_AFTER_MS) {
      this.heard_ms = Date.now();
      this.lost();
      this.reconnect(0);
    }
    this.tell();
  }

  async read() {
    if (this.paused || this.reading) {
      this.readAgain = this.reading;
      return;
    }
    this.reading = true;
    try {
      const answer = await fetch(this.snapshotUrl, { headers: { Accept: "application/json" } });
      learnClock(answer.headers.get("Date"));
      if (answer.status === 401) {
        location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}&ended=1`);
        return;
      }
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const snapshot = await answer.json();
      this.alive();
      this.onSnapshot(snapshot);
      this.onSeats();
      for (const [id, person] of this.recent) if (id > snapshot.last_id) this.onPerson(person);
      this.recent = this.recent.filter(([id]) => id > snapshot.last_id);
      this.take(snapshot);
    } catch {
      this.lost();
    } finally {
      this.reading = false;
      if (this.readAgain) {
        this.readAgain = false;
        this.read();
      }
    }
  }

  take({ as_of, stale, reasons }) {
    this.status = { as_of, stale, reasons, reachable: true };
    this.tell();
  }

  tell() {
    const { as_of, stale, reachable } = this.status;
    const current = as_of !== null && !stale && reachable && !this.paused;
    this.onStatus({ ...this.status, paused: this.paused, as_of: current ? nowS() : as_of });
  }

  close() {
    this.stream?.close();
    this.stream = null;
  }
}
