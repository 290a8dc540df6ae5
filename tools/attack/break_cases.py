#!/usr/bin/env python3
"""Proves, attack by attack, that what once broke holds: one function a case, PASS or FAIL a line.

Ownership (break_ownership.py), proofs (break_proof.py), numbers that are none in each role of tensor
(break_numbers.py), crashes (break_crash.py), small things (break_small.py), text (break_text.py). Limits are in
hostile_limits.py. A case's docstring says what is right. Ends with 1 when one fails.
"""

import argparse
import sys
import time
import traceback
from pathlib import Path

from attack_room import BUILD, ROOT, Room, Untried, Wrong


def perform(cases, on_disk, options):
    """Runs the cases, each in a room of its own."""
    wanted = [case for case in cases
              if not options.names or any(name in case.__name__ or name in case.__doc__ for name in options.names)]
    counts = {"PASS": 0, "FAIL": 0, "untried": 0}
    for case in wanted:
        start, why = time.monotonic(), ""
        with Room(options.binaries, options.pipelines, base="/tmp" if case in on_disk else None) as room:
            try:
                case(room)
                verdict = "PASS"
            except Untried as reason:
                verdict, why = "untried", f": {reason}"
            except Wrong as found:
                verdict, why = "FAIL", f": {found}"
            except Exception:
                verdict, why = "FAIL", ": the case itself\n" + traceback.format_exc()
        counts[verdict] += 1
        print(f"{verdict} {case.__doc__.splitlines()[0]} ({case.__name__}, {time.monotonic() - start:.1f} s){why}", flush=True)
    print(f"{counts['PASS']} of {len(wanted)} cases hold, {counts['FAIL']} fail, {counts['untried']} not tried")
    return 1 if counts["FAIL"] else 0


def main():
    import break_crash
    import break_numbers
    import break_ownership
    import break_proof
    import break_small
    import break_text

    modules = {"ownership": break_ownership, "proof": break_proof, "numbers": break_numbers,
               "crash": break_crash, "small": break_small, "text": break_text}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only cases whose name or text contains one of these")
    parser.add_argument("--only", choices=modules, action="append")
    parser.add_argument("--binaries", type=Path, default=BUILD)
    parser.add_argument("--pipelines", type=Path, default=ROOT / "pipelines")
    options = parser.parse_args()
    chosen = [module for name, module in modules.items() if not options.only or name in options.only]
    cases = [case for module in chosen for case in module.CASES]
    sys.exit(perform(cases, {case for module in chosen for case in module.ON_DISK}, options))


if __name__ == "__main__":
    main()
