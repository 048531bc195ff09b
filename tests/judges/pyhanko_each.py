"""pyHanko's adesverify on many files in one process: one JSON line a file.

Usage: pyhanko_each.py ROOT.pem FILE…
"""

import json
import sys

from click.testing import CliRunner
from pyhanko.cli import cli_root

root, files = sys.argv[1], sys.argv[2:]
runner = CliRunner()
for file in files:
    arguments = ["sign", "adesverify", "--trust", root, "--trust-replace", "--pretty-print", file]
    result = runner.invoke(cli_root, arguments)
    told = result.output + (str(result.exception) if result.exception else "")
    print(json.dumps({"file": file, "code": result.exit_code, "told": told}), flush=True)
