# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the audit in a real browser. After each test, nothing was asked for and nothing went wrong."""

from __future__ import annotations

import base64
import time
import typing as t

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from ansible_collections.mailops.dms.tests.page import browser

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ansible_collections.mailops.dms.tests.page.tab import Tab

    Open = Callable[..., Tab]

SALES = {
    "alias · postfix-virtual.cf:2 info@example.org": True,
    "alias · postfix-virtual.cf:1 sales@example.com": True,
    "account anna@example.com": False,
    "account bernd@example.com": False,
    "bounces gone@example.com": True,
    "elsewhere partner@example.net": False,
}


def test_each_host_has_its_line(opened: Open, page: Path) -> None:
    lines = opened(page).texts("#hosts > .wide:first-of-type tbody tr")
    assert [line.split()[0] for line in lines] == ["small", "hostile", "users", "missing", "unreachable"]
    assert "not read the config directory" in lines[3]
    assert "config/missing does not exist" in lines[3]
    assert "not read" in lines[4]
    assert "Connection refused" in lines[4]
    assert lines[0].split()[1:8] == ["fails", "1", "1", "3", "1", "2", "6"]


def test_a_search_leaves_what_it_fits(opened: Open, page: Path) -> None:
    tab = opened(page)
    before = len(tab.all(".finding"))
    tab.search("Gone@Example")
    assert [text.split()[0] for text in tab.texts(".finding h3 a")] == ["H33"]
    assert tab.texts("#accounts tbody tr") == []
    assert tab.texts("#addresses tbody th") == ["gone@example.com"]
    assert tab.texts("#findings .count")[0].startswith("1 of ")
    tab.search("no such text anywhere")
    assert tab.all(".finding") == []
    assert tab.texts("#accounts .count, #addresses .count") == ["0 of 0 shown", "0 of 0 shown"]
    tab.search(Keys.DELETE)
    assert len(tab.all(".finding")) == before


def test_a_host_and_a_severity_are_chosen(opened: Open, page: Path) -> None:
    tab = opened(page)
    tab.choose_host("small")
    assert set(tab.texts("#accounts tbody td:nth-child(2)")) == {"small"}
    assert tab.texts("#accounts tbody th") == ["anna@example.com", "bernd@example.com"]
    assert tab.texts("#accounts tbody td:nth-child(4)") == ["5120M", ""]
    assert set(tab.texts(".finding > h3 > .badge")) == {"outage", "wrong", "warn", "info"}
    for severity in ("outage", "wrong", "info"):
        tab.driver.find_element(By.CSS_SELECTOR, f".severities [value={severity}]").click()
    assert set(tab.texts(".finding > h3 > .badge")) == {"warn"}


def test_what_users_may_not_is_beside_their_accounts(opened: Open, page: Path) -> None:
    tab = opened(page)
    tab.choose_host("users")
    assert [row.split() for row in tab.texts("#accounts tbody tr")] == [
        ["cora@example.com", "users", "SHA512-CRYPT"],
        ["left@example.com", "users", "SHA512-CRYPT", "locked", "may", "not", "send"],
        ["board@example.com", "users", "SHA512-CRYPT", "may", "not", "receive"],
    ]
    tab.search("locked")
    assert tab.texts("#accounts tbody th") == ["left@example.com"]


def test_who_reads_all_and_where_mail_leaves(opened: Open, page: Path) -> None:
    tab = opened(page)
    assert tab.texts("#hosts h3") == ["Master accounts", "Relays", "Credentials for relays"]
    assert tab.texts("#hosts h3 + .wide tbody tr") == [
        "users backup SHA512-CRYPT",
        "users example.com smtp.example.net 587",
        "users example.org yes",
        "users example.com relay-user",
        "users smtp.example.net 587 <i>user</i>",
    ]
    text = page.read_text(encoding="utf-8")
    assert "$6$" not in text
    assert ":secret" not in text


def test_a_restricted_recipient_is_told_in_the_picture(opened: Open, page: Path) -> None:
    tab = opened(page, "#route=users/office@example.com")
    assert tab.drawn("office@example.com") == {
        "alias · postfix-virtual.cf:1 · not taken from senders office@example.com": False,
        "account cora@example.com": False,
        "account · not taken from senders board@example.com": False,
    }
    assert len(tab.texts(".reasons li")) == 2
    assert "what an alias sends to it still arrives" in tab.texts(".reasons li")[0]
    tab.choose_host("users")
    tab.search("not taken")
    assert tab.texts("#addresses tbody th") == ["board@example.com", "office@example.com"]


def test_a_click_draws_a_route(opened: Open, page: Path) -> None:
    tab = opened(page)
    tab.choose_host("small")
    tab.click("#addresses .route", "sales@example.com")
    assert tab.drawn("sales@example.com") == SALES
    assert len(tab.all(".edge")) == 5
    assert len(tab.all(".edge.broken")) == 2
    assert tab.texts(".reasons li")[0].startswith("gone@example.com: no account has it")
    tab.click("#picture summary", "The same as a table")
    rows = tab.texts("#picture tbody tr")
    assert len(rows) == len(SALES)
    assert "anna@example.com, bernd@example.com, gone@example.com, partner@example.net" in rows[0]
    assert rows[0].endswith("undelivered")

    tab.all(".node.account")[0].click()
    assert set(tab.drawn("anna@example.com")) == {
        *list(SALES)[:2],
        "account anna@example.com",
        r"regex alias · postfix-regexp.cf:1 /^shop-[a-z]+@example\.com$/",
    }
    tab.driver.back()
    assert tab.drawn("sales@example.com") == SALES


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        (
            "ping@example.org",
            {
                "alias · postfix-virtual.cf:4 ping@example.org": True,
                "alias · postfix-virtual.cf:5 pong@example.org": True,
            },
        ),
        ("@example.org", {"catch-all · postfix-virtual.cf:3 @example.org": False, "account bernd@example.com": False}),
    ],
)
def test_a_link_draws_a_route(opened: Open, page: Path, name: str, drawn: dict[str, bool]) -> None:
    tab = opened(page, f"#route=small/{name}")
    assert tab.drawn(name) == drawn


def test_a_domain_is_drawn(opened: Open, page: Path) -> None:
    tab = opened(page, "#route=small/example.org")
    drawn = tab.drawn("example.org")
    assert next(iter(drawn)).endswith(("ping@example.org", "pong@example.org", "info@example.org"))
    assert {*SALES, "catch-all · postfix-virtual.cf:3 @example.org"} < set(drawn)


@pytest.mark.parametrize(
    "fragment", ["#route=small/nobody@example.net", "#route=small/", "#route=none/x", "#route=%/%"]
)
def test_what_is_not_there_is_not_drawn(opened: Open, page: Path, fragment: str) -> None:
    tab = opened(page, fragment)
    assert tab.all("#picture") == []
    assert len(tab.texts("#route-note")) == 1


def test_all_is_done_by_keyboard(opened: Open, page: Path) -> None:
    tab = opened(page)
    tab.press(Keys.TAB)
    assert tab.focused() == "Skip to the content"
    tab.press("/", *"sales@")
    assert tab.focused() == "search"
    for _attempt in range(60):
        tab.press(Keys.TAB)
        if tab.focused() == "route-name":
            break
    tab.press(*"sales@example.com", Keys.ENTER)
    assert tab.drawn("sales@example.com") == SALES
    assert tab.focused() == "alias sales@example.com, undelivered: " + tab.texts(".reasons li")[0][:-1]
    for _attempt in range(10):
        tab.press(Keys.TAB)
        if tab.focused() == "account anna@example.com":
            break
    tab.press(" ")
    assert "account anna@example.com" in tab.drawn("anna@example.com")


def test_hostile_addresses_are_text(opened: Open, page: Path) -> None:
    tab = opened(page)
    tab.choose_host("hostile")
    counts = "return ['script', 'img', 'b', 'i', 'svg', 'iframe'].map(name => document.querySelectorAll(name).length)"
    expected = [2, 0, tab.run(counts)[2], 0, 0, 0]
    assert tab.run(counts) == expected
    addresses = tab.texts("#addresses tbody th")
    for text in (
        '"</script><script>window.hostile=1</script>"@example.com',
        '"<img/src=x/onerror=window.hostile=2>"@example.com',
        '"quotes\'and&amp;"@example.com',
        "{{7*7}}@example.com",
        "right\ufffdevil\ufffd@example.com",
        "zero\ufffdwidth@example.com",
        "/^{{ 6 * 7 }}@example\\.com$/",
    ):
        assert text in addresses
    for button in tab.all("#addresses .route"):
        name = button.text
        button.click()
        assert tab.all("#picture"), name
    tab.click("#picture summary", "The same as a table")
    for details in tab.driver.find_elements(By.CSS_SELECTOR, ".finding details:not([open]) summary"):
        if details.is_displayed():
            details.click()
    expected[4] = 1
    assert tab.run(counts) == expected
    assert tab.run("return window.hostile ?? null") is None
    assert not set(tab.run("return document.body.innerText")) & set("\u202e\u202c\u200b\u2028")


def test_the_policy_lets_nothing_else_run(opened: Open, page: Path) -> None:
    tab = opened(page)
    tab.run(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.hostile = 1'}),"
        " Object.assign(document.createElement('img'), {src: 'picture.png'}))"
    )
    assert tab.run("return window.hostile ?? null") is None
    refused = browser.logged(tab.driver)
    assert len(refused) == 2
    assert all("Content Security Policy" in message for message in refused)
    # What is refused is logged as a request all the same.
    assert [url.rpartition("/")[2] for url in browser.requests(tab.driver)] == ["audit.html", "picture.png"]


def test_what_is_dark_and_what_is_light(opened: Open, page: Path) -> None:
    colours = "const style = getComputedStyle(document.body); return [style.backgroundColor, style.color]"
    sums = {}
    for scheme in ("light", "dark"):
        tab = opened(page, "#route=small/sales@example.com", scheme=scheme)
        texts = tab.run(colours)
        sums[scheme] = [sum(map(int, text[4:-1].split(", "))) for text in texts]
    assert sums["light"][0] > 600 > 300 > sums["light"][1]
    assert sums["dark"][0] < 150 < 600 < sums["dark"][1]


def test_all_is_printed(opened: Open, page: Path) -> None:
    tab = opened(page, "#route=small/sales@example.com", media="print", scheme="dark")
    assert tab.all("nav, form, .more") == []
    assert tab.all("#picture svg")
    assert tab.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    tab.run(
        "addEventListener('beforeprint', () => window.closed = document.querySelectorAll('details:not([open])').length)"
    )
    before = tab.run("return document.querySelectorAll('details:not([open])').length")
    assert base64.b64decode(tab.driver.print_page()).startswith(b"%PDF")
    assert tab.run("return window.closed") == 0 < before
    assert tab.run("return document.querySelectorAll('details:not([open])').length") == before


def test_many_addresses_are_searched_and_drawn_in_part(opened: Open, large_page: Path) -> None:
    tab = opened(large_page)
    assert len(tab.all("#accounts tbody tr")) == 50
    assert tab.texts("#accounts .count") == ["50 of 2500 shown"]
    start = time.monotonic()
    tab.search("alias1234@")
    assert tab.texts("#addresses tbody th") == ["alias1234@d4.example.com"]
    tab.click("#addresses .route", "alias1234@d4.example.com")
    assert list(tab.drawn("alias1234@d4.example.com").values()) == [False, False]
    assert time.monotonic() - start < 20

    tab = opened(large_page, "#route=large/d1.example.com")
    assert len(tab.drawn("d1.example.com")) == 60
    assert tab.texts("#route-note")[0].startswith("d1.example.com on large: 60 of 501 places are drawn")
    tab.all("#accounts .more")[0].send_keys(Keys.ENTER)
    assert len(tab.all("#accounts tbody tr")) == 250
    assert large_page.stat().st_size < 2_500_000


def test_without_a_script_the_findings_are_there(opened: Open, page: Path) -> None:
    tab = opened(page)
    tab.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        tab.driver.refresh()
        assert tab.driver.page_source.count('class="finding"') > 5
        assert tab.all("nav .filter, .script-only") == []
        assert len(tab.all(".finding")) > 5
        assert "does not run here" in tab.texts(".without-script")[0]
    finally:
        tab.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
