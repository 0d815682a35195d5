"""Reads what a check needs from a WebAssembly module: imports, exports and initial memory. Needs no other program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import ForgeError

_MAGIC = b"\0asm\x01\0\0\0"
_IMPORT_SECTION, _EXPORT_SECTION, _DATA_SECTION = 2, 7, 11
_I32_CONST, _END = 0x41, 0x0B
_LARGEST_MEMORY = 1 << 32


@dataclass(frozen=True)
class WasmFile:
    """A parsed module.

    Args:
        imports: (module, name) of everything it takes from its host.
        exports: names of everything it gives.
        memory: initial content of its linear memory, up to the last byte that is set.
        size: bytes of the file.
    """

    imports: tuple[tuple[str, str], ...]
    exports: tuple[str, ...]
    memory: bytes
    size: int


class _Reader:
    """A cursor over bytes; every read past the end is an IndexError."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def unsigned(self) -> int:
        """A number in seven bits a byte, lowest first."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def signed(self) -> int:
        start = self.at
        value = self.unsigned()
        bits = 7 * (self.at - start)
        return value - (1 << bits) if value >> (bits - 1) & 1 else value

    def take(self, count: int) -> bytes:
        if self.at + count > len(self.data):
            raise IndexError
        self.at += count
        return self.data[self.at - count : self.at]

    def name(self) -> str:
        return self.take(self.unsigned()).decode()


def read_wasm(path: Path) -> WasmFile:
    """Parses a module.

    Raises:
        ForgeError: the file is missing, or is not a whole WebAssembly module.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ForgeError(f"cannot read {path}: {error.strerror}") from error
    if not data.startswith(_MAGIC):
        raise ForgeError(f"{path} is not a WebAssembly module")
    try:
        return _parse(data)
    except (IndexError, UnicodeDecodeError, ValueError) as error:
        raise ForgeError(f"{path} is damaged: its WebAssembly sections do not fit together") from error


def _parse(data: bytes) -> WasmFile:
    reader = _Reader(data)
    reader.at = len(_MAGIC)
    imports: list[tuple[str, str]] = []
    exports: list[str] = []
    memory = bytearray()
    while reader.at < len(data):
        section = reader.byte()
        body = _Reader(reader.take(reader.unsigned()))
        if section == _IMPORT_SECTION:
            imports = [_import(body) for _ in range(body.unsigned())]
        elif section == _EXPORT_SECTION:
            exports = [_export(body) for _ in range(body.unsigned())]
        elif section == _DATA_SECTION:
            for _ in range(body.unsigned()):
                _place_segment(body, memory)
    return WasmFile(tuple(imports), tuple(exports), bytes(memory), len(data))


def _import(body: _Reader) -> tuple[str, str]:
    found = (body.name(), body.name())
    kind = body.byte()
    if kind == 1:  # a table has an element type before its limits
        body.byte()
    if kind == 3:
        body.take(2)
    elif kind in (1, 2):
        flags = body.byte()
        body.unsigned()
        if flags & 1:
            body.unsigned()
    else:
        body.unsigned()
    return found


def _export(body: _Reader) -> str:
    name = body.name()
    body.byte()
    body.unsigned()
    return name


def _place_segment(body: _Reader, memory: bytearray) -> None:
    """Copies one data segment to its address; segments without a constant address are loaded by code and skipped."""
    flags = body.unsigned()
    if flags == 2:
        body.unsigned()
    address = None
    if flags != 1:
        if body.byte() != _I32_CONST:
            raise ValueError("a data segment's address is not a constant")
        address = body.signed() % _LARGEST_MEMORY
        if body.byte() != _END:
            raise ValueError("a data segment's address is not one constant")
    content = body.take(body.unsigned())
    if address is not None:
        memory.extend(bytes(max(0, address + len(content) - len(memory))))
        memory[address : address + len(content)] = content
