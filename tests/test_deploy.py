"""What deploy/ starts is what this program understands."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from search_cli import main

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
RESOURCES: dict[str, dict[str, Any]] = {
    resource["kind"]: resource
    for file in sorted(DEPLOY.glob("kubernetes/*.yaml"))
    for resource in yaml.safe_load_all(file.read_text(encoding="utf-8"))
}
SERVER = RESOURCES["Deployment"]["spec"]["template"]["spec"]["containers"][0]
RAY = RESOURCES["RayJob"]["spec"]["rayClusterSpec"]
PODS = [RAY["headGroupSpec"], *RAY["workerGroupSpecs"]]
OURS = [pod["template"]["spec"]["containers"][0] for pod in PODS] + [SERVER]
IMAGE = COMPOSE["services"]["serve"]["image"]
COMMANDS = {
    "compose serve": COMPOSE["services"]["serve"]["command"],
    "compose ingest": COMPOSE["services"]["ingest"]["command"],
    "kubernetes serve": SERVER["args"],
    "kubernetes ingest": shlex.split(RESOURCES["RayJob"]["spec"]["entrypoint"])[1:],
}


def test_the_compose_file_is_one() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*check, DEPLOY / "compose.yaml"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "ok -- validation done\n")


def test_the_resources_are_there() -> None:
    assert {kind: (item["apiVersion"], item["metadata"]["name"]) for kind, item in RESOURCES.items()} == {
        "RayJob": ("ray.io/v1", "mandates-ingest"),
        "Milvus": ("milvus.io/v1beta1", "milvus"),
        "Deployment": ("apps/v1", "mandates"),
        "Service": ("v1", "mandates"),
        "PersistentVolumeClaim": ("v1", "papers"),
    }


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_commands_are_understood(command: list[str]) -> None:
    context = main.make_context("mandates", list(command), resilient_parsing=False)
    name, subcommand, arguments = main.resolve_command(context, list(command))
    assert (name, subcommand is not None) == (command[0], True)
    assert subcommand is not None
    subcommand.make_context(str(name), arguments)  # exits with an error for what it does not know


def test_who_can_be_reached_by_others_asks_for_a_token() -> None:
    for command in (COMMANDS["compose serve"], COMMANDS["kubernetes serve"]):
        assert command[command.index("--host") + 1] == "0.0.0.0"
    assert COMPOSE["services"]["serve"]["environment"]["MANDATES_TOKEN"].startswith("${MANDATES_TOKEN:?")
    assert "secretKeyRef" in next(item for item in SERVER["env"] if item["name"] == "MANDATES_TOKEN")["valueFrom"]
    assert all(port.startswith("127.0.0.1:") for item in COMPOSE["services"].values() for port in item.get("ports", []))


def test_all_run_one_image_with_one_ray() -> None:
    assert {container["image"] for container in OURS} == {IMAGE}
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert f"\nray=={RAY['rayVersion']}\n" in constraints
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"mandates:{project['version']}" == IMAGE
    extras = re.search(r"'\.\[([\w,]+)\]'", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    assert extras is not None
    assert set(extras[1].split(",")) < set(project["optional-dependencies"])


def test_what_is_asked_is_there() -> None:
    services = COMPOSE["services"]
    store = services["ingest"]["environment"]["MANDATES_STORE"]
    address = COMMANDS["compose ingest"][COMMANDS["compose ingest"].index("--on") + 1]
    assert re.fullmatch(r"milvus://(\w+):19530/\w+", store)[1] in services  # type: ignore[index]
    assert address.split(":")[1] in services
    assert {name for item in services.values() for name in item.get("depends_on", {})} <= set(services)
    # The operator names the service after the resource.
    stores = {item["value"] for container in OURS for item in container["env"] if item["name"] == "MANDATES_STORE"}
    assert stores == {f"milvus://{RESOURCES['Milvus']['metadata']['name']}-milvus:19530/mandates"}
    claim = SERVER["volumeMounts"][0]["name"]
    volumes = RESOURCES["Deployment"]["spec"]["template"]["spec"]["volumes"]
    assert volumes == [{"name": claim, "persistentVolumeClaim": {"claimName": "papers", "readOnly": True}}]
    assert RESOURCES["Service"]["spec"]["selector"].items() <= (
        RESOURCES["Deployment"]["spec"]["template"]["metadata"]["labels"].items()
    )
