#!/usr/bin/env python3
"""Verifies a Holdfast export (HFX1) offline.

Written from docs/formats/export.md alone; it shares no code with the programs that write exports. It needs Python 3.9 or
newer and, for Ed25519, the package `cryptography` (Debian: python3-cryptography).

    verify.py EXPORT --public-key HEX-OR-FILE [--head FILE]... [--receipt 1042-XXXX-XXXX-XXXX-XXXX]...

Exit code 0: intact. 1: not intact. 2: no verdict, because something that was given cannot be used.

It does not read what the payloads mean. It says whether they are, byte for byte, what the hub wrote down.
"""

import argparse
import datetime
import hashlib
import io
import json
import os
import re
import struct
import sys
import uuid

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HEADER_BYTES = 96
RECORD_HEADER_BYTES = 64
TRAILER_BYTES = 288
PAYLOAD_BYTES_MAX = 1024 * 1024
HEAD_BYTES = 111
SMALL_FILE_BYTES_MAX = 64 * 1024
READ_BYTES = 1024 * 1024

RECORD_TAG = b"holdfast-record-1"
HEAD_TAG = b"holdfast-head-1"
EXPORT_TAG = b"holdfast-export-1"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

HEADER = struct.Struct(">4sHH16s16sqQ32s8s")
RECORD = struct.Struct(">4sIQ16s32s")
TRAILER = struct.Struct(">4s4sQ111sc64s32s64s")
HEAD = struct.Struct(">15s16s16s16sQ32sq")

WORDS = {
    "header": "this is not the header of an export of version 1",
    "cut": "the file ends before its trailer does",
    "entry": "neither a record nor the trailer begins here",
    "length": "the payload has no byte or more than a record can have",
    "sequence": "this is not the next record",
    "chain": "the record's hash is not that of its bytes and of everything before it",
    "count": "the trailer counts other records than there are",
    "reserved": "a reserved byte is not zero",
    "head": "the signed head is not that of the last record",
    "following": "bytes follow the trailer",
    "key": "the export carries another public key than the one given",
    "head-signature": "the last head is not signed by the hub's key",
    "file-signature": "the file is not signed by the hub's key",
}


class NotIntact(Exception):
    """The first thing that is wrong: `word` names it, `offset` is None where no byte of the file is to blame."""

    def __init__(self, word, offset, seq, text=None):
        super().__init__(word)
        self.word, self.offset, self.seq = word, offset, seq
        self.text = text or WORDS[word]

    def __str__(self):
        place = "" if self.offset is None else f", byte {self.offset}"
        return f"NOT INTACT at record {self.seq}{place}: {self.text} [{self.word}]"


class Unusable(Exception):
    """Something that was given cannot be used, so nothing is said about the export."""


class Intact:
    """What an intact export holds."""

    def __init__(self, store, hub, first_seq, last_seq, records, last_hash, signed_at_ms):
        self.store, self.hub = store, hub
        self.first_seq, self.last_seq, self.records = first_seq, last_seq, records
        self.last_hash, self.signed_at_ms = last_hash, signed_at_ms
        self.agrees, self.not_compared = [], []

    def __str__(self):
        since = "" if self.first_seq == 1 else f" from {self.first_seq} on"
        lines = [
            f"intact: {self.records} records{since}, complete up to record {self.last_seq}, {moment(self.signed_at_ms)}",
            f"store {self.store}, hub {self.hub}",
            f"record {self.last_seq} in short: {short(self.last_seq, self.last_hash)}",
        ]
        lines += [f"agrees: {name}" for name in self.agrees]
        lines += [
            f"not compared, it names a record before the export's first: {name}" for name in self.not_compared
        ]
        return "\n".join(lines)


def moment(ms):
    """Milliseconds since 1970 as people read them, in UTC."""
    try:
        at = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=ms)
    except OverflowError:
        return f"{ms} ms since 1970"
    return at.isoformat(timespec="milliseconds") + "Z"


def short(seq, chain_hash):
    """A record's place as receipts print it: its sequence and the first 80 bits of the chain hash."""
    bits = int.from_bytes(chain_hash[:10], "big")
    chars = "".join(CROCKFORD[bits >> shift & 31] for shift in range(75, -1, -5))
    return "-".join([str(seq)] + [chars[at : at + 4] for at in range(0, 16, 4)])


def has_signed(key, message, signature):
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


class Input:
    """A file that is read once, front to back, with one piece of it in memory."""

    def __init__(self, source):
        self.source, self.held, self.at, self.ended = source, b"", 0, False
        self.offset = 0

    def look(self, size):
        """The next bytes without taking them: `size`, or fewer at the end of the file."""
        while len(self.held) - self.at < size and not self.ended:
            more = self.source.read(max(READ_BYTES, size))
            self.ended = not more
            self.held = self.held[self.at :] + more
            self.at = 0
        return self.held[self.at : self.at + size]

    def take(self, size):
        self.at += size
        self.offset += size


def verify(source, keys, heads=(), receipts=()):
    """Verifies the export that a binary file object holds, or bytes.

    `keys` are the public keys that are trusted, 32 bytes each; `heads` comes from `read_head`, `receipts` from
    `read_receipt`. Answers with an `Intact`, or raises `NotIntact` or `Unusable`.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        source = io.BytesIO(source)
    wanted = {witness["seq"]: None for witness in (*heads, *receipts)}
    file = Input(source)

    # 1. The header.
    header = file.look(HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        raise NotIntact("cut", 0, 0)
    magic, version, length, store, hub, _created, first_seq, previous, reserved = HEADER.unpack(header)
    if (
        (magic, version, length) != (b"HFX1", 1, HEADER_BYTES)
        or reserved != bytes(8)
        or first_seq == 0
        or (first_seq == 1 and previous != bytes(32))
    ):
        raise NotIntact("header", 0, 0)
    if first_seq - 1 in wanted and first_seq > 1:
        wanted[first_seq - 1] = previous
    digest = hashlib.sha256(header)
    file.take(HEADER_BYTES)

    # 2. The records, each chained to the one before it.
    seq, epoch, count = first_seq, None, 0
    sha256 = hashlib.sha256
    while True:
        offset = file.offset
        start = file.look(RECORD_HEADER_BYTES)
        magic = start[:4]
        if len(magic) < 4:
            raise NotIntact("cut", offset, seq)
        if magic == b"HFXT":
            break
        if magic != b"HFXR":
            raise NotIntact("entry", offset, seq)
        if len(start) < RECORD_HEADER_BYTES:
            raise NotIntact("cut", offset, seq)
        _, payload_bytes, its_seq, epoch, its_hash = RECORD.unpack(start)
        if not 1 <= payload_bytes <= PAYLOAD_BYTES_MAX:
            raise NotIntact("length", offset, seq)
        if its_seq != seq or seq == 2**64 - 1:
            raise NotIntact("sequence", offset, seq)
        size = RECORD_HEADER_BYTES + payload_bytes
        whole = file.look(size)
        if len(whole) < size:
            raise NotIntact("cut", offset, seq)
        payload = whole[RECORD_HEADER_BYTES:]
        if sha256(RECORD_TAG + previous + epoch + struct.pack(">Q", seq) + payload).digest() != its_hash:
            raise NotIntact("chain", offset, seq)
        if seq in wanted:
            wanted[seq] = its_hash
        digest.update(whole)
        previous = its_hash
        seq += 1
        count += 1
        file.take(size)

    # 3. The trailer.
    offset = file.offset
    trailer = file.look(TRAILER_BYTES)
    if len(trailer) < TRAILER_BYTES:
        raise NotIntact("cut", offset, seq)
    _, zeros, its_count, head, zero, head_signature, key, signature = TRAILER.unpack(trailer)
    if count == 0 or its_count != count:
        raise NotIntact("count", offset, seq)
    if zeros != bytes(4) or zero != b"\0":
        raise NotIntact("reserved", offset, seq)
    tag, its_store, its_hub, its_epoch, head_seq, head_hash, signed_at = HEAD.unpack(head)
    if (tag, its_store, its_hub, its_epoch, head_seq, head_hash) != (
        HEAD_TAG, store, hub, epoch, seq - 1, previous,
    ):
        raise NotIntact("head", offset, seq)
    file.take(TRAILER_BYTES)
    if file.look(1):
        raise NotIntact("following", file.offset, seq)

    # 4. The key and its two signatures.
    last_seq = seq - 1
    if key not in keys:
        raise NotIntact("key", offset + 192, last_seq)
    if not has_signed(key, head, head_signature):
        raise NotIntact("head-signature", offset + 128, last_seq)
    digest.update(trailer[:-64])
    if not has_signed(key, EXPORT_TAG + digest.digest(), signature):
        raise NotIntact("file-signature", offset + 224, last_seq)

    # 5. What others know of this history.
    store, hub = uuid.UUID(bytes=store), uuid.UUID(bytes=hub)
    intact = Intact(store, hub, first_seq, last_seq, count, previous, signed_at)
    for witness in heads:
        if witness["store"] != store:
            raise Unusable(f"{witness['name']} is of another store")
    for witness in (*heads, *receipts):
        name, at = witness["name"], witness["seq"]
        known = wanted[at]
        if known is not None:
            if "hash" in witness:
                agrees = witness["hash"] == known
            else:
                agrees = witness["short"] == short(at, known)
            if not agrees:
                text = f"{name} proves another history there; a record was changed, or the hub was set back"
                raise NotIntact("history", None, at, text)
            intact.agrees.append(name)
        elif at > last_seq:
            text = f"{name} proves this record, and record {last_seq} is the last one here"
            raise NotIntact("cut-off", None, at, text)
        else:
            intact.not_compared.append(name)
    return intact


def small_file(path):
    try:
        if os.path.getsize(path) > SMALL_FILE_BYTES_MAX:
            raise Unusable(f"{path} is far too large")
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"{path} cannot be read: {error}") from error


def read_key(text):
    """A public key from 64 hex digits, or from a file that holds them."""
    digits = (small_file(text) if os.path.isfile(text) else text).strip()
    if not re.fullmatch(r"[0-9a-fA-F]{64}", digits):
        raise Unusable(f"{text[:80]} is no Ed25519 public key of 64 hex digits, nor a file with one")
    return bytes.fromhex(digits)


def read_head(text, keys, name):
    """A signed head from its JSON, when one of the keys has signed it."""
    try:
        head = json.loads(text)
        if set(head) != {"store", "hub", "epoch", "seq", "hash", "signed_at_ms", "signature"}:
            raise ValueError("other fields")
        ids = [uuid.UUID(head[field]) for field in ("store", "hub", "epoch")]
        its_hash, signature = bytes.fromhex(head["hash"]), bytes.fromhex(head["signature"])
        if (len(its_hash), len(signature)) != (32, 64):
            raise ValueError("other lengths")
        seq, signed_at = head["seq"], head["signed_at_ms"]
        if type(seq) is not int or type(signed_at) is not int:
            raise ValueError("not whole numbers")
        message = HEAD.pack(HEAD_TAG, *(one.bytes for one in ids), seq, its_hash, signed_at)
    except (ValueError, TypeError, KeyError, AttributeError, struct.error) as error:
        raise Unusable(f"{name} is no signed head in JSON") from error
    if not any(has_signed(key, message, signature) for key in keys):
        raise Unusable(f"{name} is not signed by the key given, so it proves nothing")
    name = f"{name} (record {seq}, {moment(signed_at)})"
    return {"name": name, "store": ids[0], "seq": seq, "hash": its_hash}


def read_receipt(text):
    """The short head of a receipt, as people type it."""
    number, _, rest = text.strip().partition("-")
    chars = rest.replace("-", "").upper().replace("O", "0").replace("I", "1").replace("L", "1")
    usable = re.fullmatch(r"[0-9]{1,20}", number) and len(chars) == 16 and not set(chars) - set(CROCKFORD)
    if not usable or not 0 < int(number) < 2**64:
        raise Unusable(f"`{text[:80]}` is no short head as receipts print it, such as 1042-9F3K-7QX2-M0ZD-W8HA")
    canonical = "-".join([str(int(number))] + [chars[at : at + 4] for at in range(0, 16, 4)])
    return {"name": f"receipt {canonical}", "seq": int(number), "short": canonical}


def main():
    parser = argparse.ArgumentParser(description="Verifies a Holdfast export offline.")
    parser.add_argument("export", help="the export file (.hfx)")
    parser.add_argument("--public-key", action="append", required=True, metavar="HEX|FILE",
                        help="the hub's public key, got from somebody other than who gave you the export")
    parser.add_argument("--head", action="append", default=[], metavar="FILE",
                        help="an earlier or later signed head (JSON), such as HQ keeps them")
    parser.add_argument("--receipt", action="append", default=[], metavar="N-XXXX-XXXX-XXXX-XXXX",
                        help="the line that a receipt ends with")
    given = parser.parse_args()
    try:
        keys = [read_key(text) for text in given.public_key]
        heads = [read_head(small_file(path), keys, path) for path in given.head]
        receipts = [read_receipt(text) for text in given.receipt]
        with open(given.export, "rb") as file:
            print(verify(file, keys, heads, receipts))
        return 0
    except NotIntact as finding:
        print(finding)
        return 1
    except (Unusable, OSError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
