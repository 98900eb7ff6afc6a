# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC1090,SC1091

# Call functions of docker-mailserver's start, with the variables that it sets before.
# Usage: source setup.sh FUNCTION...
set -o pipefail
shopt -s globstar
source /usr/local/bin/helpers/index.sh
for file in /usr/local/bin/setup.d/**/*.sh; do
  source "$file"
done
source /usr/local/bin/variables-stack.sh
_early_variables_setup
for function in "$@"; do
  "$function"
done
