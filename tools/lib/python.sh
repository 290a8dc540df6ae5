# shellcheck shell=bash
# Python environments outside the tree, for tools that talk to what others wrote. Sourced after common.sh, never run.

# find_python: the first interpreter that the pinned packages support.
find_python() {
  local name
  for name in python3 python3.13 python3.12 python3.11; do
    if have "$name" && "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  return 1
}

# python_environment FOLDER REQUIREMENTS: makes the environment, unless it is there with the same requirements.
python_environment() {
  local venv=$1 requirements=$2 python
  if ! cmp -s "$requirements" "$venv/cambium-requirements.txt"; then
    say "Python environment"
    if have apt-get && have dpkg-query && ! find_python >/dev/null; then install_debian python3; fi
    python=$(find_python) || fail "no Python 3.11, 3.12 or 3.13 in PATH" "the packages of $requirements need one of them"
    rm -rf "$venv"
    # Debian keeps the module that makes environments in a package of its own.
    if ! "$python" -c 'import venv, ensurepip' 2>/dev/null && have apt-get; then install_debian python3-venv; fi
    "$python" -m venv "$venv" || fail "$python could not make an environment in $venv" "on Debian: apt-get install python3-venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --requirement "$requirements" ||
      fail "pip could not install the packages of $requirements" "is there a network?"
    # Last: an environment without it is made anew.
    cp "$requirements" "$venv/cambium-requirements.txt"
  fi
  "$venv/bin/python" -c 'import sys; print("Python", sys.version.split()[0], "in", sys.prefix)'
}
