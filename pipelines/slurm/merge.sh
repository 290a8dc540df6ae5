#!/usr/bin/env bash
#SBATCH --job-name=cambium-merge
#SBATCH --requeue
#SBATCH --signal=B:TERM@60
#SBATCH --open-mode=append
# This file is written by `tools/engines --write`.
set -uo pipefail
"$CAMBIUM" merge "$manifest" --threads "${SLURM_CPUS_PER_TASK:-1}" --quiet &
child=$!
# Slurm tells this shell a minute before the end: what is finished by then stays.
trap 'kill -TERM "$child" 2>/dev/null' TERM
# A signal ends a wait before the program has ended; whose status is asked for once more, and not known twice (127).
while wait "$child"; status=$?; kill -0 "$child" 2>/dev/null; do :; done
wait "$child" 2>/dev/null
again=$?
[ "$again" = 127 ] || status=$again
case $status in
  74 | 75)
    if [ "${SLURM_RESTART_COUNT:-0}" -lt 3 ]; then
      scontrol requeue "$SLURM_JOB_ID"
    fi
    ;;
esac
exit "$status"
