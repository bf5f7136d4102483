#!/usr/bin/env python3
"""Drives verify.py in one process for the proof that every tampered byte is found.

    flips.py EXPORT PUBLIC-KEY SEED     flips one bit of every byte, and every bit of header and trailer
    flips.py --frames PUBLIC-KEY        verifies exports from the standard input, each after its length (8 bytes)

Answers with one line a file: `intact` or `word offset record`, `-` standing for no offset. The flips are those of
tests/tests/tamper/flips.rs, made here a second time.
"""

import io
import sys

from verify import HEADER_BYTES, TRAILER_BYTES, NotIntact, verify

MASK = 2**64 - 1


def bit_of(seed, at):
    """The seeded choice of a byte's bit: splitmix64 of seed and place."""
    z = (seed + (at + 1) * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
    return (z ^ z >> 31) & 7


def verdict(export, keys):
    try:
        verify(io.BytesIO(export), keys)
        return "intact"
    except NotIntact as finding:
        offset = "-" if finding.offset is None else finding.offset
        return f"{finding.word} {offset} {finding.seq}"


def flips(export, seed):
    """Every place and bit that is flipped, in order."""
    for at in range(len(export)):
        if at < HEADER_BYTES or at >= len(export) - TRAILER_BYTES:
            for bit in range(8):
                yield at, bit
        else:
            yield at, bit_of(seed, at)


def main():
    out = io.StringIO()
    if sys.argv[1] == "--frames":
        keys = [bytes.fromhex(sys.argv[2])]
        while True:
            length = sys.stdin.buffer.read(8)
            if not length:
                break
            export = sys.stdin.buffer.read(int.from_bytes(length, "big"))
            print(verdict(export, keys), file=out)
    else:
        with open(sys.argv[1], "rb") as file:
            export = bytearray(file.read())
        keys = [bytes.fromhex(sys.argv[2])]
        for at, bit in flips(export, int(sys.argv[3])):
            export[at] ^= 1 << bit
            print(verdict(export, keys), file=out)
            export[at] ^= 1 << bit
    sys.stdout.write(out.getvalue())


if __name__ == "__main__":
    main()
