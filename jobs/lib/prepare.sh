# Shared by jobs/quickstart and tests/run: find or install what the build needs, choose
# the interpreter, configure and build. Sourced by bash under pipefail; sets PT_ROOT, PT_PYTHON, PT_BUILD.
# shellcheck shell=bash

PT_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# Debian's names of what the build needs; the tests add theirs.
PT_PACKAGES=(gcc libc6-dev make cmake ninja-build pkg-config ca-certificates
    python3 python3-dev python3-numpy python3-scipy python3-sklearn
    openmpi-bin libopenmpi-dev libhdf5-openmpi-dev libhdf5-dev
    libcjson-dev libmicrohttpd-dev libxxhash-dev zlib1g-dev)
PT_TEST_PACKAGES=(libcmocka-dev python3-pytest python3-h5py python3-venv python3-mpi4py
    hdf5-tools chromium clang libclang-rt-14-dev libomp-dev libmpich-dev
    munge slurmctld slurmd slurm-client environment-modules faketime iproute2 binutils procps
    util-linux groff zsh git valgrind liblz4-1 gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user)
PT_LONG_TEST_PACKAGES=(bochs bochs-term bochsbios vgabios isolinux syslinux-common xorriso)

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    pt_bold=$'\033[1m' pt_dim=$'\033[2m' pt_red=$'\033[31m' pt_off=$'\033[0m'
else
    pt_bold='' pt_dim='' pt_red='' pt_off=''
fi
pt_step() { printf '%s==> %s%s\n' "$pt_bold" "$*" "$pt_off"; }
pt_note() { printf '%s    %s%s\n' "$pt_dim" "$*" "$pt_off"; }
pt_fail() {
    printf '%serror:%s %s\n' "$pt_red" "$pt_off" "$1" >&2
    shift
    for line in "$@"; do printf '       %s\n' "$line" >&2; done
    exit 1
}

# pt_logged LOG PATTERN COMMAND…: runs the command, its output appended to LOG; on a terminal
# the last line that matches PATTERN shows how far it is.
pt_logged() {
    local log=$1 pattern=$2
    shift 2
    if [ -t 1 ]; then
        "$@" 2>&1 | tee -a "$log" |
            awk -v pattern="$pattern" '$0 ~ pattern {printf "\r\033[K    %s", substr($0, 1, 72); fflush()}
                 END {printf "\r\033[K"}'
    else
        "$@" >>"$log" 2>&1
    fi
}

pt_is_debian() { command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; }

pt_absent_packages() { # the packages among "$@" that dpkg does not have installed
    local name
    for name in "$@"; do
        dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' ||
            printf '%s\n' "$name"
    done
}

pt_npm_works() { # Node.js 18 or later with npm builds the viewer's page
    command -v npm >/dev/null && command -v node >/dev/null &&
        [ "$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null)" -ge 18 ] 2>/dev/null
}

# pt_install_packages NAME…: installs what is missing where that is possible (Debian, root).
# The exit status says whether all are there now.
pt_install_packages() {
    local absent
    pt_is_debian || return 1
    mapfile -t absent < <(pt_absent_packages "$@")
    [ ${#absent[@]} -eq 0 ] && return 0
    [ "$(id -u)" = 0 ] || return 1
    pt_note "installing: ${absent[*]}"
    local log=$PT_ROOT/build/packages.log
    mkdir -p "$PT_ROOT/build"
    : >"$log"
    export DEBIAN_FRONTEND=noninteractive
    if ! pt_logged "$log" '^(Get:|Unpacking|Setting up)' apt-get update ||
        ! pt_logged "$log" '^(Get:|Unpacking|Setting up)' \
            apt-get install -y --no-install-recommends "${absent[@]}"; then
        tail -n 5 "$log" >&2
        pt_fail "apt-get could not install the packages" "the whole output is in $log"
    fi
}

# One line for each thing the build needs and does not find: what, Debian package, module.
pt_absent_tools() {
    local what
    pt_absent() { printf '%s|%s|%s\n' "$1" "$2" "$3"; }
    pt_header() { echo "#include <$1>" | ${CC:-cc} -E -x c - >/dev/null 2>&1; }
    command -v "${CC:-cc}" >/dev/null || pt_absent "a C compiler" "gcc libc6-dev" "gcc"
    command -v cmake >/dev/null && cmake --version | awk 'NR==1{split($3,v,".");exit !(v[1]>3||(v[1]==3&&v[2]>=25))}' ||
        pt_absent "CMake 3.25 or later" "cmake" "cmake"
    command -v ninja >/dev/null || command -v make >/dev/null ||
        pt_absent "Ninja or make" "ninja-build" "ninja"
    command -v pkg-config >/dev/null || pt_absent "pkg-config" "pkg-config" "pkgconf"
    command -v mpicc >/dev/null || pt_absent "an MPI library" "libopenmpi-dev openmpi-bin" "openmpi"
    pkg-config --exists hdf5-openmpi 2>/dev/null || command -v h5pcc >/dev/null ||
        pt_absent "HDF5 built for MPI" "libhdf5-openmpi-dev" "hdf5 (the parallel variant)"
    for what in "libcjson cJSON libcjson-dev cjson" \
        "libmicrohttpd libmicrohttpd libmicrohttpd-dev libmicrohttpd" "zlib zlib zlib1g-dev zlib"; do
        # shellcheck disable=SC2086
        set -- $what
        pkg-config --exists "$1" 2>/dev/null || pt_absent "$2" "$3" "$4"
    done
    pt_header xxhash.h || pkg-config --exists libxxhash 2>/dev/null ||
        pt_absent "the header of xxHash" "libxxhash-dev" "xxhash"
    pt_npm_works || [ -n "${PYTRACER_WEB_BUNDLE:-}" ] ||
        pt_absent "Node.js 18 with npm (builds the viewer's page)" "nodejs npm" \
            "nodejs, or set PYTRACER_WEB_BUNDLE to a bundle built elsewhere"
}

pt_require_tools() {
    local absent packages='' what package module
    absent=$(pt_absent_tools)
    [ -z "$absent" ] && return 0
    while IFS='|' read -r what package module; do
        printf '%smissing:%s %s (Debian: %s; on a cluster: module load %s)\n' \
            "$pt_red" "$pt_off" "$what" "$package" "$module" >&2
        packages+=" $package"
    done <<<"$absent"
    pt_fail "the build needs what is named above" "as root on Debian: apt-get install$packages"
}

pt_python_has() { # $1 interpreter, then modules
    local python=$1
    shift
    "$python" - "$@" >/dev/null 2>&1 <<'PY'
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
PY
}

pt_python_has_headers() {
    "$1" - >/dev/null 2>&1 <<'PY'
import os, sys, sysconfig
assert sys.version_info[:2] >= (3, 11)
assert os.path.exists(os.path.join(sysconfig.get_config_var("INCLUDEPY"), "Python.h"))
PY
}

# Chooses PT_PYTHON: the first of the user's interpreters that has the modules "$@" and its
# headers; else a virtual environment in .venv.
pt_choose_python() {
    local candidate seen=''
    for candidate in "${PYTHON:-}" "${VIRTUAL_ENV:+$VIRTUAL_ENV/bin/python}" \
        "${CONDA_PREFIX:+$CONDA_PREFIX/bin/python}" "$PT_ROOT/.venv/bin/python" \
        "$(command -v python3 || true)" /usr/bin/python3; do
        [ -n "$candidate" ] && [ -x "$candidate" ] || continue
        # A shim on PATH is not the interpreter: ask it.
        candidate=$("$candidate" -c 'import sys; print(sys.executable)' 2>/dev/null) || continue
        pt_python_has_headers "$candidate" || continue
        seen=$candidate
        if pt_python_has "$candidate" "$@"; then
            PT_PYTHON=$candidate
            return 0
        fi
    done
    [ -n "$seen" ] || pt_fail "no Python 3.11 or later with headers was found" \
        "as root on Debian: apt-get install python3-dev" \
        "on a cluster: module load python, or set PYTHON to an interpreter"
    pt_note "no interpreter has $*: making a virtual environment in .venv from $seen"
    local log=$PT_ROOT/build/venv.log
    mkdir -p "$PT_ROOT/build"
    "$seen" -m venv "$PT_ROOT/.venv" >"$log" 2>&1 &&
        "$PT_ROOT/.venv/bin/python" -m pip install -q "${@/sklearn/scikit-learn}" >>"$log" 2>&1 ||
        pt_fail "the virtual environment could not be made (see $log)" \
            "make an environment that has $* and set PYTHON to its interpreter"
    PT_PYTHON=$PT_ROOT/.venv/bin/python
}

# pt_build PRESET [cmake option…]: configures when needed, builds, sets PT_BUILD.
pt_build() {
    local preset=$1 log
    shift
    PT_BUILD=$PT_ROOT/build/$preset
    log=$PT_BUILD/build.log
    mkdir -p "$PT_BUILD"
    local generator=()
    [ -f "$PT_BUILD/CMakeCache.txt" ] || { command -v ninja >/dev/null && generator=(-G Ninja); }
    if ! (cd "$PT_ROOT" && cmake --preset "$preset" "${generator[@]}" \
        -DPython3_EXECUTABLE="$PT_PYTHON" \
        ${PYTRACER_WEB_BUNDLE:+-DPYTRACER_WEB_BUNDLE="$PYTRACER_WEB_BUNDLE"} "$@") >"$log" 2>&1; then
        cat "$log" >&2
        pt_fail "the configuration failed" "the output is in $log"
    fi
    if ! pt_logged "$log" '^\[ *[0-9]+' cmake --build "$PT_BUILD" -j "$(nproc)"; then
        grep -E -A5 'error|FAILED|undefined' "$log" | tail -n 60 >&2
        pt_fail "the build failed" "the whole output is in $log"
    fi
}

# What a program of ours needs to run under mpirun as root in a container or a CI machine.
pt_mpi_environment() {
    if [ "$(id -u)" = 0 ]; then
        export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    fi
}
