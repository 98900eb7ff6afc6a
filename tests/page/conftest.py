# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One browser and two audited fleets for all tests."""

from __future__ import annotations

import typing as t

import pytest

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

    from ansible_collections.mailops.dms.tests.page.tab import Tab

# The collection can be imported only after this file.


@pytest.fixture(scope="session")
def driver() -> Iterator[Chrome]:
    """Return the browser."""
    from ansible_collections.mailops.dms.tests.page import browser

    with browser.started() as started:
        yield started


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of a few addresses, hostile ones among them."""
    from ansible_collections.mailops.dms.tests.page import pages

    hosts = {name: pages.DATA / name for name in ("small", "hostile", "users")}
    return pages.audited(tmp_path_factory.mktemp("small"), hosts)


@pytest.fixture(scope="session")
def large_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of 5,000 addresses."""
    from ansible_collections.mailops.dms.tests.page import pages

    directory = tmp_path_factory.mktemp("large")
    return pages.audited(directory, {"large": pages.fill(directory / "source", 5000)})


@pytest.fixture
def opened(driver: Chrome) -> Iterator[t.Callable[..., Tab]]:
    """Return what opens a page; in the end the page must have asked for nothing, and nothing went wrong."""
    from ansible_collections.mailops.dms.tests.page import browser
    from ansible_collections.mailops.dms.tests.page.tab import Tab

    tabs: list[Tab] = []

    def open_page(page: Path, fragment: str = "", **media: str) -> Tab:
        browser.emulate(driver, **media)
        browser.opened(driver, page, fragment)
        tabs.append(Tab(driver, page))
        return tabs[-1]

    yield open_page
    assert browser.logged(driver) == []
    assert {url.partition("#")[0] for url in browser.requests(driver)} <= {tab.page.as_uri() for tab in tabs}
