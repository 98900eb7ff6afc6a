#!/bin/sh
# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Be ssh for this machine: run what stands behind the options and the host.
for last do :; done
exec /bin/sh -c "$last"
