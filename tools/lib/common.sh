# shellcheck shell=bash
# What tools/demo, tools/test and tools/interop share. Sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)

say() { printf '\n==> %s\n' "$*"; }

# fail MESSAGE [WHAT TO DO]: ends the script.
fail() {
  printf '\nerror: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf '       %s\n' "$2" >&2
  exit 1
}

# only_help ARGUMENT...: with --help or -h prints what the script's own first lines say, and ends.
only_help() {
  case ${1:-} in
    -h | --help)
      sed -n '2,/^[^#]/s/^# \{0,1\}//p' "${BASH_SOURCE[1]}"
      exit 0
      ;;
  esac
}

have() { command -v "$1" >/dev/null 2>&1; }

# The compiler and git keep caches under HOME. A missing or read-only one is replaced by a folder of our own.
prepare_home() {
  if [ -z "${HOME:-}" ] || [ ! -d "$HOME" ] || [ ! -w "$HOME" ]; then
    HOME=$root/.build/home
    mkdir -p "$HOME" || fail "no usable HOME, and $HOME cannot be made"
    export HOME
    echo "HOME is not usable; caches go to $HOME"
  fi
}

# Runs a command as root: as it is, through sudo, or not at all.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif have sudo; then
    # -n in a pipe or in CI: a password prompt that nobody answers would hang.
    if [ -t 0 ]; then sudo "$@"; else sudo -n "$@"; fi
  else
    return 127
  fi
}

check_swift() {
  local version needed
  needed=$(sed -n 's|^// swift-tools-version: *||p' "$root/Package.swift")
  have swift || fail "no Swift compiler in PATH" "install Swift $needed or later from https://www.swift.org/install and run this again"
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
  [ -n "$version" ] || fail "'swift --version' says nothing that can be read" "is $(command -v swift) a Swift compiler?"
  [ "$(printf '%s\n' "$needed" "$version" | sort -t . -k 1,1n -k 2,2n -k 3,3n | head -n 1)" = "$needed" ] ||
    fail "Swift $version is too old, Cambium needs $needed or later" "install it from https://www.swift.org/install"
  echo "Swift $version ($(command -v swift))"
}

# install_debian NAME...: Debian packages, installed if missing.
install_debian() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing+=("$name")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    echo "Debian packages: all there ($*)"
    return
  fi
  echo "Debian packages to install: ${missing[*]}"
  if [ "$(id -u)" != 0 ] && ! have sudo; then
    fail "these packages are missing and need root to install: ${missing[*]}" \
      "as root: apt-get update && apt-get install -y ${missing[*]}"
  fi
  local log
  log=$(mktemp)
  if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >"$log" 2>&1; then
    # Package lists that are already here may do.
    echo "apt-get update failed; trying with the package lists that are here"
  fi
  if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    fail "apt-get could not install ${missing[*]}" \
      "is there a network, and may $(id -un) install packages? Then: apt-get update && apt-get install -y ${missing[*]}"
  fi
  rm -f "$log"
}

# install_brew NAME...: Homebrew formulae, installed if missing.
install_brew() {
  have brew || fail "Homebrew is not installed" "install it from https://brew.sh, or install $* and pkg-config yourself"
  local missing=() name
  for name in "$@"; do
    brew list --formula "$name" >/dev/null 2>&1 || missing+=("$name")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    echo "Homebrew formulae to install: ${missing[*]}"
    brew install "${missing[@]}" || fail "brew could not install ${missing[*]}" "is there a network?"
  else
    echo "Homebrew formulae: all there ($*)"
  fi
}

install_libraries() {
  case $(uname -s) in
    Darwin) install_brew zstd xxhash json-c openblas libpng jpeg-turbo curl pkg-config ;;
    Linux)
      if have apt-get && have dpkg-query; then
        install_debian libzstd-dev libxxhash-dev libopenblas0 libjson-c-dev libpng-dev libjpeg62-turbo-dev libcurl4-openssl-dev \
          pkg-config
      else
        echo "not a Debian system: looking for the libraries with pkg-config"
      fi
      ;;
    *) fail "$(uname -s) is not supported" "Cambium builds on Linux and macOS" ;;
  esac
  local name
  have pkg-config || fail "no pkg-config in PATH" "install it, and the development files of zstd, xxHash, json-c, libpng, libjpeg-turbo and curl"
  for name in libzstd libxxhash json-c libpng libjpeg libcurl; do
    pkg-config --exists "$name" || fail "pkg-config does not find $name" "install its development package and run this again"
  done
}

# swift_build ARGUMENT...: a release build; the first one fetches the Swift packages that Package.swift names.
# The compiler's module cache knows its own place: of a clone that was moved or copied it is made anew.
swift_build() {
  local mark=$root/.build/built-at log status
  if [ -f "$mark" ] && [ "$(cat "$mark")" != "$root" ]; then
    echo "this clone was built at $(cat "$mark"): the compiler's module cache is made anew"
    rm -rf "$root"/.build/*/ModuleCache "$root"/.build/*/*/ModuleCache
  fi
  mkdir -p "$root/.build"
  printf '%s\n' "$root" >"$mark"
  log=$(mktemp)
  status=0
  swift build -c release "$@" 2>&1 | tee "$log" || status=${PIPESTATUS[0]}
  if [ "$status" != 0 ] && grep -q 'module cache path\|ModuleCache' "$log"; then
    rm -f "$log"
    fail "the build failed: this clone was moved or copied after it was built" "rm -rf $root/.build and run this again"
  elif [ "$status" != 0 ] && grep -qi "couldn.t \(fetch\|clone\)\|failed to clone\|could not resolve host" "$log"; then
    rm -f "$log"
    fail "the build failed: a Swift package could not be fetched" "the first build needs a network"
  elif [ "$status" != 0 ]; then
    rm -f "$log"
    fail "the build failed" "the lines above say why"
  fi
  rm -f "$log"
}

# run_demo: converts the demo and sets `package`.
run_demo() {
  local manifest=$root/manifests/demo.json arguments=()
  [ ! -f "$root/manifests/demo.lock.json" ] || arguments+=(--locked)
  "$root/.build/release/cambium" run "$manifest" ${arguments[@]+"${arguments[@]}"} ||
    fail "converting the demo ended with status $?" "the lines above say why"
  package=$(cd "$root/manifests/$(dirname "$(sed -n 's/.*"output": *"\([^"]*\)".*/\1/p' "$manifest")")" && pwd -P)
  package=$package/$(basename "$(sed -n 's/.*"output": *"\([^"]*\)".*/\1/p' "$manifest")")
}
