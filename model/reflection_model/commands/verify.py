"""`forge verify`: is a model folder what WebLLM needs, and does it compute what its weights say?"""

from __future__ import annotations

import argparse
import datetime
import platform
import sys
from pathlib import Path

from ..errors import ForgeError
from ..files import write_json
from ..verification.browser_checks import check_in_browser
from ..verification.contract import check_contract

EPILOG = """\
Three layers. The contract: imports and exports of the library, its functions and metadata, shards, tokenizer,
configuration and manifest agree. The numbers: logits in the browser equal those of an independent NumPy
implementation on the same quantized weights. The behaviour: prompt lengths around the prefill chunk, bias,
penalties, grammar, sampling (a statistical test with a fixed seed) and a second turn, through unmodified WebLLM in
headless Chromium.

The browser half needs Node and the packages of `npm ci` at the root of the repository. Exit status 1 if a check failed.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("model", type=Path, metavar="MODEL", help="a WebLLM model folder")
    parser.add_argument("--quick", action="store_true", help="take fewer draws of the sampler and one prompt less")
    parser.add_argument("--static", action="store_true", help="only the contract: no browser")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report as JSON")


def run(arguments: argparse.Namespace) -> None:
    """Verifies, prints one line a check, and refuses a model that fails one."""
    folder = arguments.model.resolve()
    if not (folder / "mlc-chat-config.json").exists():
        raise ForgeError(
            f"{arguments.model} is not a model folder: mlc-chat-config.json is missing",
            "Make one with `forge convert`.",
        )
    findings = check_contract(folder)
    measured: dict[str, float] = {}
    if not arguments.static:
        if all(finding.passed for finding in findings):
            report = check_in_browser(folder, arguments.quick, lambda line: print(line, file=sys.stderr))
            findings, measured = [*findings, *report.findings], report.measured
        else:
            print("the contract is broken: the browser run is left out", file=sys.stderr)
    for finding in findings:
        print(f"{'ok  ' if finding.passed else 'FAIL'} {finding.name}: {finding.detail}")
    for name, value in measured.items():
        print(f"     {name}: {value}")
    failed = [finding.name for finding in findings if not finding.passed]
    if arguments.json:
        rows = [{"name": f.name, "passed": f.passed, "detail": f.detail} for f in findings]
        machine = f"{platform.system()} {platform.machine()}"
        date = datetime.datetime.now(datetime.UTC).date().isoformat()
        write_json(
            arguments.json,
            {"model": folder.name, "date": date, "machine": machine, "checks": rows, "measured": measured},
        )
    if failed:
        raise ForgeError(f"{len(failed)} of {len(findings)} checks failed: {', '.join(failed)}")
    print(f"{len(findings)} checks passed")
