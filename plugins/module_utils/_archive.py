# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The archive in which Ansible sends a module and all that it imports to a host.

Python compiles each file in an archive twice, the first time only to tell its path
(https://github.com/python/cpython/issues/141276). From this module on, the path is told
without: what comes after it is compiled once.
"""

from __future__ import annotations

import os
import sys
import zipimport


class _Archive(zipimport.zipimporter):
    """A directory in an archive, the files of which are compiled once."""

    def get_filename(self, fullname: str) -> str:
        """Return the path of a module. Raises ZipImportError where the archive has none."""
        file = "/__init__.py" if self.is_package(fullname) else ".py"
        return os.path.join(self.archive, f"{self.prefix}{fullname.rpartition('.')[2]}{file}")


sys.path_hooks[:] = [_Archive if hook is zipimport.zipimporter else hook for hook in sys.path_hooks]
for path, finder in list(sys.path_importer_cache.items()):
    if isinstance(finder, zipimport.zipimporter):
        del sys.path_importer_cache[path]
