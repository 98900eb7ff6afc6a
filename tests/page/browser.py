# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real browser without a window, and what it logs."""

from __future__ import annotations

import contextlib
import json
import shutil
import typing as t

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome


@contextlib.contextmanager
def started() -> Iterator[Chrome]:
    """Start Chromium with its driver, as Debian has them."""
    options = Options()
    options.binary_location = shutil.which("chromium") or ""
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--window-size=1280,900",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def opened(driver: Chrome, page: Path, fragment: str = "") -> None:
    """Open a page from its file, with empty logs."""
    driver.get("about:blank")
    logged(driver)
    requests(driver)
    driver.get(page.as_uri() + fragment)


def logged(driver: Chrome) -> list[str]:
    """Return what the console got since it was last looked at: errors, and what the policy of the page refused."""
    return [entry["message"] for entry in driver.get_log("browser")]


def requests(driver: Chrome) -> list[str]:
    """Return the addresses that the browser asked for since that was last looked at."""
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]


def emulate(driver: Chrome, media: str = "screen", scheme: str = "light") -> None:
    """Show pages for a medium, and as light or dark as somebody prefers."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
