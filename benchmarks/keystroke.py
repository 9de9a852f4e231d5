"""From a key to the results on the screen: names typed letter by letter into the box of a page in Chromium.

3,080 people who move about, two gevent workers, PostgreSQL and the browser on the same machine. Timed is from the key's
event to the task after the frame in which the results of exactly that text were drawn; the box's own waiting counts.
Letters whose results nobody saw, because the next letter came first, are counted and not timed.
"""

import argparse
import os
import random
import shutil
import tempfile
from itertools import islice
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks._hall import Life, Site, hall, percentile
from benchmarks.search import furnish
from server.demo.names import names

import asking  # isort: skip  on the path since benchmarks._hall

WORKERS, WARM_UP = 2, 10  # names typed before it counts
LETTERS_APART_MS = (110, 220)  # of somebody who types well
LOOKED_AT_MS = 600  # the results, before the next name: long enough that places are asked for, too
WATCH = """
() => {
  window.timed = [];
  const keyAt = new Map();
  const box = document.querySelector("#finder");
  let key = 0;
  box.addEventListener("keydown", (event) => { key = event.timeStamp; }, true);
  box.addEventListener("input", () => keyAt.set(box.value.trim(), key), true);
  new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries()) {
      const began = keyAt.get(detail);
      if (began === undefined) continue;
      keyAt.delete(detail);
      requestAnimationFrame(() => setTimeout(() => window.timed.push(performance.now() - began)));
    }
  }).observe({ type: "mark" });
}
"""


def measure(page: Page, n_names: int) -> tuple[list[float], int]:
    """The milliseconds of every letter whose results were seen, and how many letters were typed."""
    rng = random.Random(1)
    spell = asking.MANNERS["Hepburn, short"]
    called = list(islice(names(20261123), 2000))
    page.evaluate(WATCH)
    box = page.locator("#finder")
    n_letters = 0
    for number in range(WARM_UP + n_names):
        if number == WARM_UP:
            page.evaluate("window.timed.length = 0")
            n_letters = 0
        name = rng.choice(called)
        text = f"{spell(name.family, name.family_kana)[0]} {spell(name.given, name.given_kana)[0]}".strip()
        box.fill("")
        for letter in text[:12]:
            page.keyboard.press("Space" if letter == " " else letter)
            n_letters += letter != " "
            page.wait_for_timeout(rng.uniform(*LETTERS_APART_MS))
        page.wait_for_timeout(LOOKED_AT_MS)
    return page.evaluate("window.timed"), n_letters


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks.keystroke", description=__doc__)
    options.add_argument("--names", type=int, default=60)
    n_names = options.parse_args().names
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with hall(1) as of, tempfile.TemporaryDirectory() as state_dir, sync_playwright() as playwright:
        furnish(of)
        life = Life(of)
        site = Site(of.url, Path(state_dir), WORKERS)
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        try:
            context = browser.new_context(base_url=site.url, viewport={"width": 1440, "height": 900})
            context.add_cookies([{"name": "iruka", "value": next(iter(of.keys.values())), "url": site.url}])
            page = context.new_page()
            page.goto("/find")
            spent_ms, n_letters = measure(page, n_names)
        finally:
            browser.close()
            site.stop()
            life.stop()
    print(
        f"{n_letters} letters typed, results of {len(spent_ms)} seen: from key to paint p50 "
        f"{percentile(spent_ms, 0.5):.0f} ms   p95 {percentile(spent_ms, 0.95):.0f} ms   max {max(spent_ms):.0f} ms"
    )


if __name__ == "__main__":
    main()
