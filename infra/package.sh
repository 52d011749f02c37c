#!/bin/sh
# Builds what is deployed, of files that are checked in: sh infra/package.sh <file.zip> [--bare].
# Bare is without the libraries. PYTHON is of the version that the app runs on.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python}
mkdir -p "$(dirname "$1")"
target=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
git ls-files -z function_app.py host.json requirements.txt activities orchestrators shared web tables |
    xargs -0 cp --parents --target-directory "$place"
if [ "${2:-}" != --bare ]; then
    # No library is built here: what it was built against might be missing where it runs.
    "$python" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
        --target "$place/.python_packages/lib/site-packages" -r requirements.txt
fi
rm -f "$target"
(cd "$place" && find . -mindepth 1 -maxdepth 1 -print0 | xargs -0 "$python" -m zipfile -c "$target")
