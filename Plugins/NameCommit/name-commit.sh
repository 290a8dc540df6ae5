#!/bin/sh
# name-commit.sh OUTPUT [REPOSITORY]: writes the Swift file that names the commit; nil where git cannot tell. A file
# that would not change is left alone, so that nothing is compiled again.
commit=nil
changes=false
if [ -n "${2:-}" ] && head=$(git -C "$2" rev-parse --verify HEAD 2>/dev/null); then
  commit="\"$head\""
  [ -z "$(GIT_OPTIONAL_LOCKS=0 git -C "$2" status --porcelain -- Package.swift Plugins Sources 2>/dev/null)" ] ||
    changes=true
fi
text="// Made by Plugins/NameCommit in every build.
let builtCommit: String? = $commit
let builtWithChanges = $changes"
[ -f "$1" ] && [ "$(cat "$1")" = "$text" ] || printf '%s\n' "$text" > "$1"
