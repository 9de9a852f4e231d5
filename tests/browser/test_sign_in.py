"""Second factor, sessions, tokens and accounts in a browser: usable, accessible, in both languages and on a phone."""

import re

import make
import pyotp
import pytest
from playwright.sync_api import Page, expect
from screens import NARROW, PHONE, WIDE, check, overflow_px

from server import clock, db
from server.people.rules import Role


def sign_in(page: Page, login: str) -> None:
    page.get_by_label("ログイン名").fill(login)
    page.get_by_label("パスワード").fill(make.PASSWORD)
    page.get_by_role("button", name="ログイン").click()


def code_on(page: Page) -> str:
    """The code that an app would show for the key on the page."""
    return pyotp.TOTP("".join(page.locator("#secret").inner_text().split())).at(clock.now())


def test_an_administrator_sets_up_an_app_and_gets_in(open_page, hall, axe):
    with db.transaction():
        make.account("kanri", role=Role.SYSTEM_ADMIN)
    page = open_page("/me", role=None, size=PHONE)
    sign_in(page, "kanri")
    expect(page.get_by_role("heading", level=1)).to_have_text("二要素認証を設定")
    picture = page.get_by_role("img", name="キーのQRコード")
    assert picture.evaluate("image => image.complete && image.naturalWidth > 100")
    assert overflow_px(page) == 0
    check(page, axe)

    page.get_by_label("コード").fill(code_on(page))
    page.get_by_role("button", name="設定する").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("予備コード")
    expect(page.locator(".codes li")).to_have_count(10)
    check(page, axe)
    page.get_by_role("link", name="保管しました").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("kanri")


def test_one_sees_where_one_is_logged_in_and_ends_the_other(open_page, hall):
    mine, other = (open_page("/me/sign-in", hall.sato) for _ in range(2))
    mine.reload()
    rows = mine.locator("#sessions .rows__row")
    count = rows.count()
    assert count >= 2
    expect(mine.locator("#sessions").get_by_text("このブラウザー", exact=True)).to_have_count(1)

    mine.get_by_role("button", name="ほかのすべてのブラウザーをログアウト").click()

    expect(mine.get_by_text("ほかのすべてのブラウザーからログアウトしました。")).to_be_visible()
    expect(rows).to_have_count(1)
    other.reload()
    expect(other.get_by_label("ログイン名")).to_be_visible()


def test_a_token_is_made_with_the_keyboard_and_withdrawn(open_page, hall, axe):
    page = open_page("/me/sign-in/tokens/new", hall.suzuki)
    check(page, axe)
    page.keyboard.type("掲示板")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.get_by_role("button", name="トークンを作る").press("Enter")

    expect(page.get_by_label("トークン")).to_have_value(re.compile(r"^iruka_[\w-]{43}$"))
    page.get_by_role("link", name="控えました").press("Enter")
    page.get_by_role("button", name="取消し：掲示板").press("Enter")

    expect(page.get_by_text("トークンはありません。")).to_be_visible()


PAGES = ("/sign-in", "/me/sign-in", "/me/sign-in/factor", "/me/sign-in/tokens/new", "/prove", "/admin/accounts",
         "/admin/accounts/new", "/admin/accounts/1")  # fmt: skip


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_page_is_accessible_and_fits(open_page, hall, axe, language):
    page = open_page("/me", role=Role.SYSTEM_ADMIN, language=language)
    for path in PAGES:
        page.goto(path)
        for size in (WIDE, PHONE, NARROW):
            page.set_viewport_size({"width": size.width, "height": size.height})
            assert overflow_px(page) == 0, (path, size)
        check(page, axe)
