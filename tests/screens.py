"""Windows of browsers, and what tests read off a page."""

import re
from typing import NamedTuple

from playwright.sync_api import Locator, Page, expect


class Size(NamedTuple):
    """A window, CSS pixels."""

    width: int
    height: int


WIDE = Size(1440, 900)
PHONE = Size(390, 844)
NARROW = Size(320, 640)  # 1280 pixels at 400 % zoom (WCAG 2.2, 1.4.10)
PATIENCE_MS = 30_000  # for what a page notices by itself; nothing is asserted about how long it took

STALE = re.compile(r"\blive--stale\b")
COUNT = {"serious", "critical"}  # which of axe's findings


def settled(page: Page) -> Page:
    """The floor once its snapshot is drawn and its stream is open."""
    expect(page.locator("#live time")).to_be_attached(timeout=PATIENCE_MS)
    expect(page.locator("#summary")).not_to_be_empty()
    return page


def chip(page: Page, name: str) -> Locator:
    """A person on the map or in the row of those somewhere on the floor."""
    return page.locator("#stage .chip").and_(page.get_by_role("button", name=re.compile(f"^{re.escape(name)}, ")))


def zone_of(page: Page, name: str) -> str:
    """The start of the name of the zone whose row on the map holds the person, "" when none does."""
    found = chip(page, name).locator("xpath=ancestor::div[@class='zone']").locator(".zone__head")
    return found.get_attribute("aria-label") or "" if found.count() else ""


def overflow_px(page: Page) -> int:
    """By how much the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def check(page: Page, axe: str) -> None:
    """Let axe look at the page as it is now; what it finds is said with rule and place."""
    page.evaluate(axe)
    result = page.evaluate("axe.run(document)")
    assert len(result["passes"]) > 5, "axe has looked at something"
    found = [
        f"{one['impact']} {one['id']}: {node['html'][:200]} {node['failureSummary']}"
        for one in result["violations"]
        if one["impact"] in COUNT
        for node in one["nodes"][:4]
    ]
    assert not found, "\n".join(found)
