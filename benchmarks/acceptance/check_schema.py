"""Whatever schemathesis makes of the API's description, the server answers as described, and never with a 5xx."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("running", ["server", "taking"])
def check_the_api_is_as_described(running: str, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue(running)
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{server}/api/v1/openapi.json"]
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    options = ["--checks", checks, "--max-examples", "25", "--seed", "1", "--suppress-health-check", "all",
               "--request-timeout", "60"]  # fmt: skip
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
