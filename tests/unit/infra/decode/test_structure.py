"""What outermost lengths say, of made-up files; and that nonsense of any kind is survived."""

from hypothesis import given
from hypothesis import strategies as st

from infra.decode.structure import Structure, look


def box(name: bytes, content: bytes = b"", claims: int | None = None) -> bytes:
    return (8 + len(content) if claims is None else claims).to_bytes(4, "big") + name + content


def trak(entry: bytes) -> bytes:
    stsd = box(b"stsd", bytes(8) + box(entry, bytes(20)))
    return box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", stsd))))


def element(name: bytes, content: bytes = b"", claims: int | None = None) -> bytes:
    return name + ((len(content) if claims is None else claims) | 1 << 56).to_bytes(8, "big") + content


def seen(data: bytes) -> Structure:
    return look(lambda offset, length: data[offset : offset + length], len(data))


def test_a_whole_movie() -> None:
    found = seen(box(b"ftyp", b"isom") + box(b"moov", trak(b"mp4a")) + box(b"mdat", bytes(99)))
    assert (found.indexed, found.short, found.fragmented, found.ciphered) == (True, False, False, (False,))


def test_a_movie_without_index_and_cut() -> None:
    found = seen(box(b"ftyp", b"isom") + box(b"mdat", bytes(99), claims=5000))
    assert (found.known, found.indexed, found.short) == (True, False, True)


def test_encrypted_tracks_by_place() -> None:
    assert seen(box(b"moov", trak(b"mp4a") + trak(b"enca"))).ciphered == (False, True)


def test_fragments_are_seen_in_the_index() -> None:
    assert seen(box(b"moov", box(b"mvex")) + box(b"moof")).fragmented


def test_matroska_cut_unknown_and_encrypted() -> None:
    head = element(b"\x1aE\xdf\xa3", b"abc")
    encrypted = element(b"\xae", element(b"\x6d\x80", element(b"\x62\x40", element(b"\x50\x35"))))
    tracks = element(b"\x16T\xaek", element(b"\xae", b"") + encrypted)
    assert seen(head + element(b"\x18S\x80g", tracks)).ciphered == (False, True)
    assert seen(head + element(b"\x18S\x80g", tracks, claims=9999)).short
    assert not seen(head + element(b"\x18S\x80g", tracks, claims=(1 << 56) - 1)).short


def test_a_wave_file_that_claims_what_its_writer_could_not_know() -> None:
    assert seen(b"RIFF" + (5000).to_bytes(4, "little") + bytes(100)).short
    assert not seen(b"RIFF" + (0xFFFFFFF0).to_bytes(4, "little") + bytes(100)).short


@given(
    st.sampled_from([b"", b"\0\0\0\x20ftyp", b"\x1aE\xdf\xa3", b"RIFF", b"OggS", b"FLV\x01"]), st.binary(max_size=400)
)
def test_anything_is_survived(head: bytes, rest: bytes) -> None:
    seen(head + rest)


@given(
    st.lists(st.sampled_from([b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"moof"]), max_size=12), st.binary()
)
def test_nested_nonsense_is_survived(names: list[bytes], core: bytes) -> None:
    data = core
    for name in names:
        data = box(name, data, claims=None if len(data) % 3 else len(data) * 2)
    seen(data)
