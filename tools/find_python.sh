#!/bin/sh
# Prints a Python of 3.11 or newer that can make virtual environments, or says what is missing.
for python in python3.13 python3.12 python3.11 python3.14 python3 python; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
            echo "$python"
            exit 0
        fi
        lacking=$python
    fi
done
if [ -n "$lacking" ]; then
    echo "$lacking cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2
else
    echo "Akson needs Python 3.11 or newer (python3.11 ... python3 were tried)." >&2
fi
exit 1
