from __future__ import annotations

import pickle
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from stforecast.datasets import load_video_folder
from stforecast.exceptions import DataIntegrityError, DataNotFoundError, SeriesTooShortError

WAYS = {"down": (1, 0), "left": (0, -1), "right": (0, 1), "up": (-1, 0)}


def bar(way: str, start: int, frames: int = 8, size: int = 32) -> np.ndarray:
    """A bright bar, across the way it goes, that moves 4 pixels a frame."""
    rows, columns = WAYS[way]
    clip = np.zeros((frames, size, size, 3), np.uint8)
    for t in range(frames):
        at = np.arange(start, start + 6) + 4 * t * (rows + columns)
        if rows:
            clip[t, at % size] = 255
        else:
            clip[t, :, at % size] = 255
    return clip


def write(path: Path, clip: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.height, stream.width, stream.pix_fmt = *clip.shape[1:3], "yuv420p"
        stream.bit_rate = 2_000_000
        for picture in clip:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for way in WAYS:
        for start in (2, 9):
            write(tmp_path / way / f"{start}.mp4", bar(way, start))
    return tmp_path


def test_clips_become_windows_named_by_their_folder(folder) -> None:
    X, y, _ = load_video_folder(folder, n_frames=8, size=32)
    assert X.shape == (8, 8, 3, 32, 32)
    assert X.dtype == np.uint8
    assert y.tolist() == [way for way in WAYS for _ in range(2)]
    shown = np.asarray(X).astype(float)
    for number, (way, start) in enumerate((way, start) for way in WAYS for start in (2, 9)):
        written = bar(way, start).transpose(0, 3, 1, 2)
        assert np.abs(shown[number] - written).mean() < 8


def test_what_clips_of_one_recording_share_is_their_group(folder) -> None:
    for way in WAYS:
        write(folder / way / "v_g01_c02.mp4", bar(way, 4))
        write(folder / way / "v_g02_c01.mp4", bar(way, 4))
        for start in (2, 9):
            (folder / way / f"{start}.mp4").unlink()
    assert load_video_folder(folder, n_frames=8, group=r"g\d+")[2].tolist() == ["g01", "g02"] * 4


def test_each_file_is_a_group_of_its_own_by_default(folder) -> None:
    write(folder / "up" / "2.avi", bar("up", 2))
    groups = load_video_folder(folder, n_frames=8)[2]
    assert len(set(groups.tolist())) == 9
    assert groups[-3:].tolist() == ["up/2.avi", "up/2.mp4", "up/9.mp4"]


@pytest.mark.parametrize(
    ("group", "match"),
    [
        ("person", "'person' finds nothing in '2'. Correct it, or leave it out if each file"),
        ("x*", r"'x\*' finds nothing in '2'"),
        ("(", r"must be a regular expression or None, got '\('"),
        (3, "must be a regular expression or None, got 3"),
    ],
)
def test_a_group_that_no_name_holds_is_refused(folder, group, match) -> None:
    with pytest.raises(ValueError, match=match):
        load_video_folder(folder, n_frames=8, group=group)


def test_stride_size_and_colour_are_as_asked(folder) -> None:
    full, _, _ = load_video_folder(folder, n_frames=8, size=32)
    X, _, _ = load_video_folder(folder, n_frames=4, size=(8, 16), stride=2, colour="gray")
    assert X.shape == (8, 4, 1, 8, 16)
    expected = np.asarray(full)[:, ::2].mean(axis=2, keepdims=True)
    shrunk = expected.reshape(8, 4, 1, 8, 4, 16, 2).mean(axis=(4, 6))
    assert np.abs(np.asarray(X) - shrunk).mean() < 12


def test_only_what_is_asked_for_is_decoded(folder) -> None:
    X, _, _ = load_video_folder(folder, n_frames=8)
    whole = np.asarray(X)
    for file in (folder / "down").glob("*"):
        file.unlink()
    np.testing.assert_array_equal(np.asarray(X[[5, 2]]), whole[[5, 2]])
    np.testing.assert_array_equal(X[7], whole[7])
    with pytest.raises(DataIntegrityError, match=r"2\.mp4' cannot be read"):
        np.asarray(X[:1])


def test_any_slice_of_rows_is_that_of_the_whole(folder) -> None:
    base = load_video_folder(folder, n_frames=8, size=8)[0].base
    whole = base[:]
    for key in (slice(3, 5), slice(6, 19), slice(0, 64, 3), slice(9, 9), slice(60, 99)):
        np.testing.assert_array_equal(base[key], whole[key])


def test_windows_of_clips_pickle(folder) -> None:
    X, _, _ = load_video_folder(folder, n_frames=8, size=8)
    again = pickle.loads(pickle.dumps(X[2:4]))
    np.testing.assert_array_equal(np.asarray(again), np.asarray(X)[2:4])


def test_a_broken_file_is_named_at_once(folder) -> None:
    (folder / "up" / "odd.mp4").write_bytes(b"no video" * 100)
    with pytest.raises(
        DataIntegrityError, match=r"odd\.mp4' cannot be read as a video \(Invalid [^']*\)\. R"
    ):
        load_video_folder(folder, n_frames=8)


def test_a_clip_that_is_too_short_is_named(folder) -> None:
    X, _, _ = load_video_folder(folder, n_frames=5, stride=2)
    with pytest.raises(
        SeriesTooShortError, match=r"from frame 1 on need a video of 9 frames, but .*2\.mp4' has 8"
    ):
        np.asarray(X)


def test_a_folder_without_videos_is_refused(tmp_path) -> None:
    (tmp_path / "up").mkdir()
    (tmp_path / "up" / "notes.txt").write_text("not a clip")
    with pytest.raises(DataNotFoundError, match="holds no video"):
        load_video_folder(tmp_path, n_frames=8)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"n_frames": 0}, "n_frames must be an integer of at least 1"),
        ({"n_frames": 2, "stride": 0}, "stride must be an integer"),
        ({"n_frames": 2, "size": (0, 4)}, "size must be an integer of at least 1, or 2 of them"),
        ({"n_frames": 2, "size": (4, 4, 4)}, "size must be an integer of at least 1, or 2 of them"),
        ({"n_frames": 2, "size": "4"}, "size must be an integer of at least 1, or 2 of them"),
        ({"n_frames": 2, "colour": "blue"}, "colour must be 'gray' or 'rgb'"),
    ],
    ids=str,
)
def test_what_a_parameter_cannot_be(folder, params, match) -> None:
    with pytest.raises(ValueError, match=match):
        load_video_folder(folder, **params)


def test_without_pyav_the_error_says_how_to_get_it(folder, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ImportError, match=r"pip install av"):
        load_video_folder(folder, n_frames=2)
