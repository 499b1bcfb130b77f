# shellcheck shell=bash
# What the scripts share. Sourced, not run: it expects `set -euo pipefail` and stands in the repository's root after.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT" || exit
# shellcheck disable=SC2034 # for the scripts that source this
TARGET=${CARGO_TARGET_DIR:-$ROOT/target}

# rustup writes its folder into a login shell's profile only; a CI shell often has not read it.
if ! command -v cargo >/dev/null && [[ -x ${HOME:-}/.cargo/bin/cargo ]]; then
    PATH=$HOME/.cargo/bin:$PATH
fi

# Kith's window library needs this one (rust-version in Cargo.toml). Lints and layout are held to it.
# shellcheck disable=SC2034 # for the scripts that source this
RUST_WANTED=1.95

say() { printf '%s\n' "$*"; }
heading() { printf '\n== %s\n' "$*"; }
fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# has_display: whether a window can be opened here.
has_display() { [[ -n ${DISPLAY:-} || -n ${WAYLAND_DISPLAY:-} ]]; }

# wait_for_line FILE PATTERN PID SECONDS: the first line of FILE that matches, as soon as it is there. Fails when the
# process that writes the file has ended or the time is up.
wait_for_line() {
    local file=$1 pattern=$2 pid=$3 until=$((SECONDS + $4))
    while ! grep -m1 -e "$pattern" "$file"; do
        kill -0 "$pid" 2>/dev/null && ((SECONDS < until)) || return 1
        sleep 0.1
    done
}
