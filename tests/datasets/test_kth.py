"""The KTH actions: sequences from frame ranges, persons as groups, the authors' split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stforecast.datasets import kth_parts, load_kth
from stforecast.exceptions import DataIntegrityError, DataNotFoundError, SeriesTooShortError
from tests.datasets.test_video import write

LINES = """\
Training:   person11, 12, 13, 14, 15, 16, 17, 18
Test:       person22, 2, 3

person02_boxing_d1\t\tframes\t1-6, 7-12
person11_boxing_d1\tframes\t3-8
person11_running_d2\t\tframes\t2-7,  8-12
person13_running_d3\t*missing*
"""
VIDEOS = {
    "boxing/person02_boxing_d1_uncomp.avi": 12,
    "boxing/person11_boxing_d1_uncomp.avi": 10,
    "running/person11_running_d2_uncomp.avi": 12,
}


def grey(frames: int) -> np.ndarray:
    """Frame t has the grey value 10 t."""
    values = np.arange(0, 10 * frames, 10, dtype=np.uint8)[:, None, None, None]
    return np.broadcast_to(values, (frames, 16, 16, 3)).copy()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, frames in VIDEOS.items():
        write(tmp_path / name, grey(frames))
    (tmp_path / "00sequences.txt").write_text(LINES)
    return tmp_path


def test_each_range_of_frames_is_a_window_of_its_person(folder) -> None:
    X, y, persons = load_kth(folder, n_frames=5, size=8)
    assert X.shape == (5, 5, 1, 8, 8)
    assert y.tolist() == ["boxing"] * 3 + ["running"] * 2
    assert persons.tolist() == [2, 2, 11, 11, 11]
    shown = np.asarray(X).astype(float).mean(axis=(2, 3, 4))
    firsts = np.array([1, 7, 3, 2, 8])
    np.testing.assert_allclose(shown, 10 * (firsts[:, None] - 1 + np.arange(5)), atol=4)


def test_a_stride_counts_from_the_beginning_of_the_range(folder) -> None:
    X = load_kth(folder, n_frames=2, stride=3, size=8)[0]
    np.testing.assert_allclose(
        np.asarray(X[[1]]).astype(float).mean(axis=(2, 3, 4)), [[60, 90]], atol=4
    )


def test_no_person_is_in_two_parts_of_the_split(folder) -> None:
    persons = load_kth(folder, n_frames=5, size=8)[2]
    training, validation, test = kth_parts(persons)
    assert (training.tolist(), validation.tolist(), test.tolist()) == ([2, 3, 4], [], [0, 1])
    everyone = kth_parts(np.arange(1, 26))
    assert [len(part) for part in everyone] == [8, 8, 9]
    assert sorted(np.concatenate(everyone)) == list(range(25))


def test_a_person_of_another_set_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"must number the persons .* 1 to 25, got 26. Pass the th"
    ):
        kth_parts(np.array([1, 26]))


def test_a_sequence_too_short_for_a_clip_is_named(folder) -> None:
    with pytest.raises(
        SeriesTooShortError, match=r"needs 6 frames, but .* 8-12 of .*d2_unc.*has 5"
    ):
        load_kth(folder, n_frames=6, size=8)


def test_a_video_without_a_line_is_refused(folder) -> None:
    write(folder / "boxing" / "person03_boxing_d1_uncomp.avi", grey(6))
    with pytest.raises(DataIntegrityError, match=r"00sequences.txt has no line for .*person03"):
        load_kth(folder, n_frames=5)


def test_a_video_of_another_set_is_refused(folder) -> None:
    write(folder / "boxing" / "holiday.avi", grey(6))
    with pytest.raises(DataIntegrityError, match=r"name such as person01_.*holiday.avi'. Take it"):
        load_kth(folder, n_frames=5)


def test_without_the_file_of_sequences_nothing_is_guessed(folder) -> None:
    (folder / "00sequences.txt").unlink()
    with pytest.raises(
        DataNotFoundError, match=r"00sequences.txt' does not exist, and it says where"
    ):
        load_kth(folder, n_frames=5)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "must have a line such as .* but has none. Fetch"),
        ("person02_boxing_d1 frames 1-6, 9-7", r"give ranges .* for person02_boxing_d1, but gives"),
        ("person02_boxing_d1 frames 1-6, x", r"give ranges .* but gives '1-6, x'. Correct that"),
        ("person02_boxing_d1 frames 0-6", r"give ranges .* but gives '0-6'"),
        ("person02_boxing_d1 frames ,", r"give ranges .* but gives ','"),
        (f"person02_boxing_d1 frames 1-{'9' * 5000}", r"give ranges .* but gives '1-999"),
    ],
)
def test_a_file_of_sequences_that_cannot_be_read_is_refused(folder, text, match) -> None:
    (folder / "00sequences.txt").write_text(text)
    with pytest.raises(DataIntegrityError, match=match):
        load_kth(folder, n_frames=5)


def test_a_video_shorter_than_its_sequences_says_what_it_needs(folder) -> None:
    text = LINES.replace("1-6, 7-12", "1-6, 10-15")
    (folder / "00sequences.txt").write_text(text)
    X = load_kth(folder, n_frames=5, size=8)[0]
    message = r"from frame 10 on need a video of 14 frames, but .*_d1_uncomp.avi' has 12"
    with pytest.raises(SeriesTooShortError, match=message):
        np.asarray(X[[1]])
