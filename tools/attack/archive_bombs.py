"""Archives of a few hundred KB that become gigabytes, written without zstd. For hostile_limits.py."""

import struct

MEBIBYTE = 1 << 20


def frame(payload, size):
    """A zstd frame: its size in the header, blocks as given, no checksum."""
    return b"\x28\xb5\x2f\xfd" + b"\xe0" + size.to_bytes(8, "little") + payload


def repeated(byte, size):
    """Blocks of one byte, 128 KiB from 4 bytes each."""
    out = b""
    while size:
        count = min(size, 1 << 17)
        size -= count
        out += (count << 3 | 1 << 1 | (size == 0)).to_bytes(3, "little") + bytes([byte])
    return out


def raw(data):
    out = b""
    for at in range(0, len(data), 1 << 17):
        piece = data[at:at + (1 << 17)]
        out += (len(piece) << 3 | (at + len(piece) == len(data))).to_bytes(3, "little") + piece
    return out


def tar_header(name, size):
    block = bytearray(512)
    block[0:len(name)] = name
    block[100:107], block[108:115], block[116:123] = b"0000644", b"0000000", b"0000000"
    block[124:135], block[136:147] = b"%011o" % size, b"00000000000"
    block[148:156] = b" " * 8
    block[156:157], block[257:262], block[263:265] = b"0", b"ustar", b"00"
    block[329:336], block[337:344] = b"0000000", b"0000000"
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def archive(frames):
    """Frames of (payload, plain size) and their seek table."""
    packed = [(frame(payload, size), size) for payload, size in frames]
    table = b"".join(struct.pack("<II", len(data), size) for data, size in packed)
    table += struct.pack("<I", len(packed)) + b"\0" + struct.pack("<I", 0x8F92EAB1)
    return b"".join(data for data, _ in packed) + struct.pack("<II", 0x184D2A5E, len(table)) + table


def bombs(size):
    """Archives that become `size` bytes: one file, the sums last or first, many files, an empty list."""
    zeros = [(repeated(0, 8 * MEBIBYTE), 8 * MEBIBYTE)] * (size // (8 * MEBIBYTE))
    end = (repeated(0, 1024), 1024)
    head = (raw(tar_header(b"p/x", size)), 512)
    sums = b"%064x  x\n" % 0
    listed = raw(tar_header(b"p/SHA256SUMS", len(sums)) + sums + bytes(-len(sums) % 512))
    yield "one file without sums", archive([head, *zeros, end])
    yield "sums first, one file", archive([(listed, 1024), head, *zeros, end])
    many = b"".join(tar_header(b"p/a%07d" % number, 0) for number in range(16000))
    yield "many empty files", archive([(raw(many), len(many)), end])
    yield "zeros alone", archive([*zeros, end])
