# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take the pictures of the audit page that the documentation shows, of the demo and of the directories of the tests.

Usage: .venv/bin/python tests/page/screenshots.py
"""

from __future__ import annotations

import re
import sys
import tempfile
import typing as t
from pathlib import Path

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / ".build" / "collections"))

from ansible_collections.mailops.dms.tests.page import browser, pages  # noqa: E402


class Picture(t.NamedTuple):
    """What a picture shows."""

    name: str
    fragment: str
    scheme: str
    height: int


PICTURES = (
    Picture("audit-findings", "", "light", 900),
    Picture("audit-routes", "#route=mail2/sales@example.com", "light", 640),
    Picture("audit-dark", "#route=mail1/example.com", "dark", 760),
)
HOSTS = {"mail1": CHECKOUT / "demo" / "sample", "mail2": pages.DATA / "small"}


def main() -> None:
    with tempfile.TemporaryDirectory() as directory, browser.started() as driver:
        page = pages.audited(Path(directory), HOSTS)
        text = page.read_text(encoding="utf-8")
        page.write_text(re.sub(rf"{re.escape(directory)}/config/\w+", "/srv/mailserver/config", text), encoding="utf-8")
        for picture in PICTURES:
            driver.set_window_size(1200, picture.height)
            browser.emulate(driver, scheme=picture.scheme)
            browser.opened(driver, page, picture.fragment)
            if picture.fragment:
                WebDriverWait(driver, 10).until(lambda each: each.find_elements(By.CSS_SELECTOR, ".node.start"))
            driver.save_screenshot(str(CHECKOUT / "docs" / f"{picture.name}.png"))


if __name__ == "__main__":
    main()
