# shellcheck shell=bash
# What tools/install and tools/release put where. Sourced after common.sh, never run.

# place MODE FILE TARGET: under another name first, so that a program that runs is replaced and never half written.
place() {
  mkdir -p "$(dirname "$3")"
  cp "$2" "$3.new-$$"
  chmod "$1" "$3.new-$$"
  mv -f "$3.new-$$" "$3"
}

# place_all PROGRAMS PREFIX: both programs of the folder PROGRAMS, the pipelines, the schemas, completions and man pages. Called
# in the root of the repository.
place_all() (
  programs=$1
  prefix=$2
  share=$prefix/share
  for program in cambium verify-runner; do place 755 "$programs/$program" "$prefix/bin/$program"; done
  for file in pipelines/*.json pipelines/text/*; do place 644 "$file" "$share/cambium/$file"; done
  place 644 manifests/manifest.schema.json "$share/cambium/manifest.schema.json"
  for file in manifests/schemas/*.json; do place 644 "$file" "$share/cambium/schemas/$(basename "$file")"; done
  place 644 LICENSE "$share/cambium/LICENSE"
  made=$(mktemp -d)
  trap 'rm -rf "$made"' EXIT
  for program in cambium verify-runner; do
    for shell in bash zsh fish; do
      "$prefix/bin/$program" --generate-completion-script $shell >"$made/$program.$shell"
    done
    place 644 "$made/$program.bash" "$share/bash-completion/completions/$program"
    place 644 "$made/$program.zsh" "$share/zsh/site-functions/_$program"
    place 644 "$made/$program.fish" "$share/fish/vendor_completions.d/$program.fish"
  done
  if have python3; then
    tools/man "$prefix/bin" "$made/man"
    for file in "$made"/man/*.1; do place 644 "$file" "$share/man/man1/$(basename "$file")"; done
  else
    echo "no python3: the man pages are left out"
  fi
)
