"""Read a few members of a tar.gz into memory, trusting nothing in it."""

import gzip
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from gen100.errors import UserError

FOLDER = "cifar-100-binary"
SLACK = 1 << 24
"""Bytes an archive may unpack to beyond its members: headers, padding, a readme."""
_BLOCK = 1 << 20


class _Bounded(gzip.GzipFile):
    """A decompressed stream that ends in an error behind `limit` bytes.

    It stands below tarfile, which reads some headers into memory whole, whatever length they claim.
    """

    def __init__(self, archive: Path, limit: int) -> None:
        super().__init__(archive)
        self._left, self._archive = limit, archive

    def read(self, size: int | None = -1) -> bytes:
        most = self._left + 1
        data = super().read(most if size is None or size < 0 else min(size, most))
        self._left -= len(data)
        if self._left < 0:
            raise UserError(f"{self._archive}: unpacks to more than CIFAR-100 can hold; it is another archive")
        return data


def _check(member: tarfile.TarInfo, place: str) -> None:
    """Refuse what the official archive has none of: links, devices and paths that lead out of the folder."""
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts:
        raise UserError(f"{place}: the path leads out of the archive's folder; refused")
    plain = member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.issparse()
    if not (plain or member.isdir()):
        raise UserError(f"{place}: is neither a plain file nor a folder; refused")


def read_members(archive: Path, sizes: Mapping[str, int]) -> dict[str, bytes]:
    """The contents of `cifar-100-binary/<name>` for each name in `sizes`.

    Links, devices and paths out of the folder are refused wherever they stand, since no such archive is the
    one meant; other plain files are passed over unread. Nothing is written to disk.

    Args:
        sizes: for each name, the most bytes it may have.

    Raises:
        UserError: the archive is missing, damaged, too big, or holds something else than expected.
    """
    wanted = {f"{FOLDER}/{name}": name for name in sizes}
    found: dict[str, bytes] = {}
    try:
        with _Bounded(archive, sum(sizes.values()) + SLACK) as stream:
            with tarfile.open(fileobj=stream, mode="r|", bufsize=_BLOCK) as tar:
                for member in tar:
                    place = f"{archive}: {member.name}"
                    _check(member, place)
                    name = wanted.get(str(PurePosixPath(member.name)))
                    if name is None or member.isdir():
                        continue
                    if name in found:
                        raise UserError(f"{place}: occurs twice; refused")
                    if member.size > sizes[name]:
                        raise UserError(
                            f"{place}: has {member.size:,} bytes, at most {sizes[name]:,} are expected"
                        )
                    content = tar.extractfile(member)
                    found[name] = content.read() if content else b""
            while stream.read(_BLOCK):  # to the end, where gzip's own checksum stands
                pass
    except FileNotFoundError:
        raise UserError(f"no {archive}: run the stage fetch first") from None
    except (OSError, EOFError, ValueError, zlib.error, tarfile.TarError) as error:
        raise UserError(
            f"{archive}: is not a complete tar.gz file ({error}); delete it and run the stage fetch again"
        ) from None
    missing = sorted(set(sizes) - set(found))
    if missing:
        raise UserError(f"{archive}: has no {FOLDER}/{missing[0]}; take the binary version of CIFAR-100")
    return found
