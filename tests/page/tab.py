# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page as somebody sees and uses it."""

from __future__ import annotations

import dataclasses
import typing as t

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

if t.TYPE_CHECKING:
    from pathlib import Path

    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement


@dataclasses.dataclass(frozen=True)
class Tab:
    """An opened page."""

    driver: Chrome
    page: Path

    def all(self, selector: str) -> list[WebElement]:
        """Return what is seen of what a selector finds."""
        return [each for each in self.driver.find_elements(By.CSS_SELECTOR, selector) if each.is_displayed()]

    def texts(self, selector: str) -> list[str]:
        """Return the texts of these."""
        return [each.text for each in self.all(selector)]

    def run(self, script: str) -> t.Any:
        """Return what a script returns."""
        return self.driver.execute_script(script)

    def search(self, text: str) -> None:
        """Type into the field for searching."""
        self.driver.find_element(By.ID, "search").send_keys(Keys.CONTROL + "a" + Keys.NULL, text)

    def choose_host(self, name: str) -> None:
        """Choose a host for all sections."""
        Select(self.driver.find_element(By.ID, "host")).select_by_visible_text(name)

    def click(self, selector: str, text: str) -> None:
        """Click what has a text."""
        [first, *_others] = [each for each in self.all(selector) if each.text == text]
        first.click()

    def press(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()

    def focused(self) -> str:
        """Return the id, the label or the text of what has the focus."""
        return str(
            self.run("const a = document.activeElement; return a.id || a.getAttribute('aria-label') || a.textContent")
        )

    def drawn(self, name: str) -> dict[str, bool]:
        """Wait until the routes of something are drawn, and return for each label whether it is broken."""
        WebDriverWait(self.driver, 10).until(lambda _driver: self.texts("#route-note")[0].startswith(f"{name} on "))
        nodes = self.run(
            "return [...document.querySelectorAll('.node')].map("
            "node => [node.querySelector('.caption').textContent.replace('\\u26a0 ', '') + ' ' +"
            " node.querySelector('.label').textContent, node.classList.contains('broken')])"
        )
        return dict(nodes)
