"""manage.py allocate: JSON in, JSON out, one sentence when the input is bad."""

import io
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from applications.allocation import allocate, canonical_json

ROOT = Path(__file__).parents[3]
EXAMPLES = json.loads(Path(__file__).with_name("examples.json").read_text(encoding="utf-8"))
INSTANCE = EXAMPLES[0]["instance"]
RESULT = canonical_json(allocate(INSTANCE)) + "\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "instance.json"
    path.write_text(json.dumps(INSTANCE), encoding="utf-8")
    return path


def refusal(path, *options):
    """The sentence of a refusal; exit code and silence are the same for all."""
    output = io.StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("allocate", str(path), *options, stdout=output)
    assert (refused.value.returncode, output.getvalue()) == (2, "")
    return str(refused.value)


def test_result_goes_to_standard_output(file):
    output = io.StringIO()
    call_command("allocate", str(file), stdout=output)
    assert output.getvalue() == RESULT


def test_result_goes_to_a_file_and_leaves_nothing_else(file, tmp_path):
    target = tmp_path / "result.json"
    target.write_text("old", encoding="utf-8")
    output = io.StringIO()
    call_command("allocate", str(file), "-o", str(target), stdout=output)
    assert (target.read_text(encoding="utf-8"), output.getvalue()) == (RESULT, "")
    assert sorted(tmp_path.iterdir()) == [file, target]


def test_command_needs_no_database_and_reads_standard_input():
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    finished = subprocess.run(
        [sys.executable, "manage.py", "allocate", "-"],
        input=json.dumps(INSTANCE).encode(),
        capture_output=True,
        check=False,
        cwd=ROOT,
        env=environment | {"DATABASE_URL": "postgres://nobody@nowhere.invalid/none"},
    )
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, RESULT.encode(), b"")


def test_names_of_all_languages_stay_as_they_are(tmp_path):
    path = tmp_path / "instance.json"
    instance = json.loads(json.dumps(INSTANCE).replace("Ana", "Ğül 李"))
    path.write_text(json.dumps(instance), encoding="utf-8")
    target = tmp_path / "result.json"
    call_command("allocate", str(path), "-o", str(target))
    assert '"Ğül 李":{"host":"LUND"' in target.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"hosts": [*INSTANCE["hosts"], INSTANCE["hosts"][0]]}, "invalid"),
        ({"pins": [{"applicant": "Zoe", "host": "LUND", "semester": "W"}]}, "infeasible"),
    ],
)
def test_refused_allocation_is_a_result(tmp_path, change, status):
    path = tmp_path / "instance.json"
    path.write_text(json.dumps(INSTANCE | change), encoding="utf-8")
    output = io.StringIO()
    call_command("allocate", str(path), stdout=output)
    assert json.loads(output.getvalue())["status"] == status


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is not JSON: Expecting value: line 1 column 1 (char 0)."),
        (b'{"schema": "alloc/1",', "is not JSON: Expecting property name enclosed in double"),
        (b'{"schema": NaN}', "is not JSON: NaN is no number."),
        (b"[-Infinity]", "is not JSON: -Infinity is no number."),
        (b'{"a": 1, "b": 2, "a": 3}', "is not JSON: the key 'a' stands twice in one object."),
        (b'"\xff"', "is not UTF-8 text."),
        (b"[" * 100_000, "is nested too deeply."),
        (b'{"schema": ' + b"9" * 5000 + b"}", "holds a number of too many digits."),
        (b"[]", "is no alloc/1 instance: The instance must be an object, not an array."),
        (b"{}", 'is no alloc/1 instance: The instance lacks "schema".'),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_written(tmp_path, content, sentence):
    path = tmp_path / "instance.json"
    path.write_bytes(content)
    said = refusal(path, "-o", str(tmp_path / "result.json"))
    assert said.startswith(f"{path} {sentence}")
    assert said.count("\n") == 0
    assert [*tmp_path.iterdir()] == [path]


def test_missing_file_is_named(tmp_path):
    path = tmp_path / "none.json"
    assert refusal(path) == f"{path} can't be read: No such file or directory."


def test_directory_instead_of_a_file_is_named(tmp_path):
    assert refusal(tmp_path) == f"{tmp_path} can't be read: Is a directory."


def test_output_that_cannot_be_written_is_named(file, tmp_path):
    target = tmp_path / "none" / "result.json"
    said = refusal(file, "-o", str(target))
    assert said == f"{target} can't be written: No such file or directory."


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("x" * 300, "File name too long"),
        ("", "Is a directory"),
        ("nul\0", "embedded null byte"),
    ],
)
def test_impossible_name_of_the_output_is_one_sentence(file, tmp_path, monkeypatch, name, reason):
    monkeypatch.chdir(tmp_path)
    said = refusal(file, "-o", name)
    assert said == f"{name or 'A file without a name'} can't be written: {reason}."
    assert [*tmp_path.iterdir()] == [file]


def test_longest_name_and_link_as_output_are_written_to(file, tmp_path):
    target, link = tmp_path / ("x" * 255), tmp_path / "link"
    link.symlink_to(target)
    call_command("allocate", str(file), "-o", str(link))
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == RESULT
    assert {*tmp_path.iterdir()} == {file, target, link}


@pytest.mark.parametrize(
    ("closed", "words", "sentence"),
    [
        ("stdin", ["-"], "Standard input is closed."),
        ("stdout", [], "Standard output is closed."),
    ],
)
def test_closed_stream_is_one_sentence(file, monkeypatch, closed, words, sentence):
    monkeypatch.setattr(sys, closed, None)
    with pytest.raises(CommandError) as refused:
        call_command("allocate", *(words or [str(file)]))
    assert (str(refused.value), refused.value.returncode) == (sentence, 2)


def test_full_standard_output_is_one_sentence_and_not_tried_again(file):
    # Closing the file would raise if the rest were still to be written there.
    with (
        Path("/dev/full").open("w", encoding="utf-8") as full,
        pytest.raises(CommandError) as refused,
    ):
        call_command("allocate", str(file), stdout=full)
    sentence = "Standard output can't be written: No space left on device."
    assert (str(refused.value), refused.value.returncode) == (sentence, 2)


def test_sentence_about_an_endless_key_is_short(tmp_path):
    path = tmp_path / "instance.json"
    path.write_text(json.dumps(INSTANCE | {"k" * 100_000: 1}), encoding="utf-8")
    assert refusal(path).endswith(f"The instance has the unknown key '{'k' * 40}'.")


def test_pipe_as_output_is_written_to_and_not_replaced(file, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        reader = pool.submit(pipe.read_bytes)
        call_command("allocate", str(file), "-o", str(pipe))
        assert reader.result(timeout=10) == RESULT.encode()
    assert pipe.is_fifo()
