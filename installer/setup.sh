#!/usr/bin/env bash
# Creates .venv from the hashed lock files and installs missing system libraries where it may.
# Usage: setup.sh run|dev
set -euo pipefail
cd "$(dirname "$0")/.."
mode="${1:-run}"
venv=.venv

fail() { printf 'peerwatt set-up: %s\n' "$1" >&2; exit 1; }

may_install() { command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; }

install_packages() {  # packages...
    if may_install; then
        echo "Installing system packages: $*"
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 && return
        DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null \
            || fail "these system packages could not be installed: $*"
    else
        fail "system packages are missing; run this once, then try again: sudo apt-get install $*"
    fi
}

find_python() {
    local candidate
    for candidate in python3.11 python3.12 python3.13 python3; do
        if command -v "$candidate" >/dev/null && "$candidate" -c \
            'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
            echo "$candidate"; return
        fi
    done
}

python="$(find_python)"
if [ -z "$python" ]; then
    install_packages python3
    python="$(find_python)"
    [ -n "$python" ] || fail "Python 3.11, 3.12 or 3.13 is needed; install it and try again."
fi

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    install_packages python3-venv
fi

files=(installer/requirements.lock)
[ "$mode" = dev ] && files+=(installer/requirements-dev.lock)
stamp="$venv/.installed-$mode-$(cat "${files[@]}" pyproject.toml | sha256sum | cut -c1-16)"

if [ ! -e "$stamp" ]; then
    [ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
    echo "Installing the locked packages into $venv (a few minutes the first time) ..."
    for file in "${files[@]}"; do
        "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r "$file"
    done
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
fi

# Qt's own libraries come with its wheel; what they need of the system is asked of the linker.
missing_libraries() {
    local qt
    qt="$("$venv/bin/python" -c 'import importlib.util as u, pathlib; print(pathlib.Path(u.find_spec("PySide6").origin).parent)')"
    ldd "$qt"/QtWidgets.abi3.so "$qt"/QtSvg.abi3.so "$qt"/Qt/plugins/platforms/libqxcb.so "$qt"/Qt/plugins/platforms/libqoffscreen.so 2>/dev/null \
        | awk '/not found/ {print $1}' | sort -u
}

if [ "$(uname -s)" = Linux ] && [ -n "$(missing_libraries)" ]; then
    install_packages libegl1 libgl1 libglib2.0-0 libdbus-1-3 libfontconfig1 libfreetype6 libxkbcommon0 libxkbcommon-x11-0 \
        libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 \
        libxcb-shm0 libxcb-sync1 libxcb-xfixes0 libxcb-xinerama0 libxcb-xkb1 libx11-xcb1 fonts-dejavu-core
    left="$(missing_libraries | tr '\n' ' ')"
    [ -z "$left" ] || fail "these system libraries are still missing: $left"
fi
touch "$stamp"
